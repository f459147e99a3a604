//! What is kept of an import's rows: sealed, since they are clear personal data.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::{Desk, Engine, LedgerError, Operation, Priority};
use serde::{Deserialize, Serialize};
use store::{Connection, Value};
use tokio::sync::watch;
use uuid::Uuid;

use crate::import::{
    Head, ImportError, KeptRemark, Listener, Progress, Remark, Result, RowStatus, Wanted,
};
use crate::seal::Keys;
use crate::tables::{HEAD_PUT, HEADS_OF, JOB_PROGRESS, ROW_PUT, ROWS_OF};

/// Rows written at once.
const BATCH: usize = 500;
/// How often the job's row is brought up to date.
const EVERY: Duration = Duration::from_millis(500);

#[derive(Serialize, Deserialize)]
struct HeadKept {
    sheet: Option<String>,
    header: Vec<String>,
}

fn context(what: &[u8; 4], import: Uuid, n: u64) -> [u8; 28] {
    let mut context = [0; 28];
    context[..4].copy_from_slice(what);
    context[4..20].copy_from_slice(import.as_bytes());
    context[20..].copy_from_slice(&n.to_be_bytes());
    context
}

/// Writes operations, waiting while the ledger is busy with what is more urgent.
pub(crate) async fn operate<D: Desk>(
    engine: &Engine<D>,
    operations: Vec<Operation>,
) -> Result<Vec<u64>> {
    loop {
        match engine.operate(Priority::Bulk, operations.clone()).await {
            Err(LedgerError::Overloaded { retry_after_seconds }) => {
                let wait = Duration::from_secs(u64::from(retry_after_seconds));
                tokio::time::sleep(wait).await;
            }
            done => return Ok(done?),
        }
    }
}

/// Keeps an import's remarks and progress in the store, and tells whoever watches.
pub(crate) struct Keeper<D: Desk> {
    pub engine: Engine<D>,
    pub keys: Keys,
    pub import: Uuid,
    pub live: watch::Sender<Progress>,
    pub cancelled: Arc<AtomicBool>,
    /// The heads written so far; their place here is their number.
    pub heads: Vec<Arc<Head>>,
    pub told: Option<Instant>,
}

impl<D: Desk> Keeper<D> {
    async fn head_number(&mut self, head: &Arc<Head>) -> Result<i64> {
        if let Some(n) = self.heads.iter().position(|known| Arc::ptr_eq(known, head)) {
            return Ok(n as i64);
        }
        let n = self.heads.len();
        let kept = HeadKept { sheet: head.sheet.clone(), header: head.header.clone() };
        let plain = serde_json::to_vec(&kept).unwrap_or_default();
        let sealed = self.keys.seal_bytes(&context(b"head", self.import, n as u64), plain)?;
        let row = vec![self.import.into_bytes().into(), (n as i64).into(), sealed.0.into()];
        operate(&self.engine, vec![Operation::Insert(&HEAD_PUT, row)]).await?;
        self.heads.push(Arc::clone(head));
        Ok(n as i64)
    }

    /// Writes how far the import is.
    pub(crate) async fn save(&mut self, progress: &Progress) -> Result<()> {
        self.told = Some(Instant::now());
        let t = progress.totals;
        let numbers = [
            progress.done,
            progress.of,
            t.rows,
            t.accepted,
            t.duplicate,
            t.repeated,
            t.moved,
            t.rejected,
            t.blank,
        ];
        let mut values: Vec<Value> = vec![self.import.into_bytes().into()];
        values.extend(numbers.map(|n| Value::Int(i64::try_from(n).unwrap_or(i64::MAX))));
        values.push(self.engine.now().into());
        operate(&self.engine, vec![Operation::Execute(&JOB_PROGRESS, values)]).await?;
        Ok(())
    }
}

impl<D: Desk> Listener for Keeper<D> {
    async fn remarks(&mut self, remarks: Vec<Remark>) -> Result<()> {
        for batch in remarks.chunks(BATCH) {
            let mut values = Vec::with_capacity(batch.len() * 9);
            for remark in batch {
                let head = self.head_number(&remark.head).await?;
                let plain = serde_json::to_vec(&remark.cells).unwrap_or_default();
                let context = context(b"row:", self.import, u64::from(remark.row));
                let sealed = self.keys.seal_bytes(&context, plain)?;
                values.extend([
                    self.import.into_bytes().into(),
                    remark.row.into(),
                    remark.line.into(),
                    head.into(),
                    remark.status.as_str().into(),
                    remark.field.into(),
                    (&*remark.rule).into(),
                    remark.repeats.into(),
                    sealed.0.into(),
                ]);
            }
            operate(&self.engine, vec![Operation::Insert(&ROW_PUT, values)]).await?;
        }
        Ok(())
    }

    async fn progress(&mut self, progress: &Progress) -> Result<()> {
        self.live.send_replace(*progress);
        if self.cancelled.load(Ordering::Relaxed) {
            self.save(progress).await?;
            return Err(ImportError::Cancelled);
        }
        if self.told.is_none_or(|at| at.elapsed() >= EVERY) {
            self.save(progress).await?;
        }
        Ok(())
    }
}

/// The headers of an import's tables.
pub(crate) async fn heads(
    db: &mut Connection,
    keys: &Keys,
    import: Uuid,
) -> Result<Vec<(Option<String>, Vec<String>)>> {
    let mut heads = Vec::new();
    for row in db.query(&HEADS_OF, &[import.into_bytes().into()]).await? {
        let context = context(b"head", import, row.int(0)? as u64);
        let plain = keys.unseal_bytes(&context, row.bytes(1)?)?;
        let kept: HeadKept =
            serde_json::from_slice(&plain).map_err(|_| crate::RegistryError::Tampered)?;
        heads.push((kept.sheet, kept.header));
    }
    Ok(heads)
}

/// A page of an import's remarks after a row, with the number of their table's header.
pub(crate) async fn remarks(
    db: &mut Connection,
    keys: &Keys,
    import: Uuid,
    heads: &[(Option<String>, Vec<String>)],
    after: u32,
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<(u32, usize, KeptRemark)>> {
    let params = [
        import.into_bytes().into(),
        after.into(),
        wanted.status.map_or("", RowStatus::as_str).into(),
        wanted.rule.as_deref().unwrap_or("").into(),
        limit.into(),
    ];
    let mut found = Vec::new();
    for row in db.query(&ROWS_OF, &params).await? {
        let number = u32::try_from(row.int(0)?).unwrap_or(u32::MAX);
        let head = usize::try_from(row.int(2)?).unwrap_or(0);
        let context = context(b"row:", import, u64::from(number));
        let plain = keys.unseal_bytes(&context, row.bytes(7)?)?;
        let remark = KeptRemark {
            sheet: heads.get(head).and_then(|(sheet, _)| sheet.clone()),
            line: u32::try_from(row.int(1)?).unwrap_or(u32::MAX),
            status: RowStatus::parse(row.text(3)?).unwrap_or(RowStatus::Rejected),
            field: row.text(4)?.to_owned(),
            rule: row.text(5)?.to_owned(),
            repeats: row.opt_int(6)?.and_then(|n| u32::try_from(n).ok()),
            cells: serde_json::from_slice(&plain).map_err(|_| crate::RegistryError::Tampered)?,
        };
        found.push((number, head, remark));
    }
    Ok(found)
}
