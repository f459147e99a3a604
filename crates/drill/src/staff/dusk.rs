//! The end of a day: what the system says beside what is true. Everything must be accounted for.

use std::collections::BTreeMap;

use types::UnitId;

use crate::goods::Tube;
use crate::run::Drill;
use crate::{DrillError, Result};

impl Drill {
    /// Reads what the system knows, and checks that it accounts for every tube.
    pub(crate) async fn dusk(&mut self, day: u32) -> Result<()> {
        self.truth.0.advance(self.now);
        self.sync().await?;
        self.read_figures().await?;
        self.read_line_lists().await?;
        self.count_larders().await?;
        let rounds: Vec<usize> = (0..self.chronicle.rounds.len()).collect();
        for round in rounds {
            self.check_round(round).await?;
        }
        tracing::info!(day, tubes = self.goods.tubes.len(), "a day is accounted for");
        Ok(())
    }

    /// The system's own figures, for the score.
    async fn read_figures(&mut self) -> Result<()> {
        let session = self.devices[self.device("commander")?].session;
        let rounds = self.link.list(session, "/testing/rounds").await?;
        let columns = ["Planned", "Sampled", "Reported", "Blind spots"];
        let at: Vec<usize> = columns.iter().map(|c| rounds.column(c)).collect::<Result<_>>()?;
        // The list has the latest round first.
        let count = self.chronicle.rounds.len();
        for (row, round) in rounds.iter().zip((0..count).rev()) {
            let number = |at: usize| row.get(at).unwrap_or_default().parse().unwrap_or(0);
            self.chronicle.rounds[round].system =
                [number(at[0]), number(at[1]), number(at[2]), number(at[3])];
            self.chronicle.rounds[round].read_at = Some(self.now);
        }
        let findings = self.link.list(session, "/testing/findings").await?;
        self.chronicle.findings = findings.len() as i64;
        let late = self.link.list(session, "/testing/late").await?;
        let units = late.column("Units")?;
        let sum = late.iter().filter_map(|r| r.get(units)?.parse::<i64>().ok()).sum();
        self.chronicle.late = sum;
        Ok(())
    }

    /// Every tube of a round that was really filled is on the system's list, in a state that
    /// fits, or waits in the queue of a device.
    async fn check_round(&mut self, round: usize) -> Result<()> {
        let id = self.chronicle.rounds[round].id;
        let session = self.devices[self.device("commander")?].session;
        let list = self.link.list(session, &format!("/testing/rounds/{id}/tubes")).await?;
        let (code, state) = (list.column("Tube")?, list.column("State")?);
        let mut known: BTreeMap<UnitId, String> = BTreeMap::new();
        for row in list.iter() {
            let state = row.get(state).unwrap_or_default().to_owned();
            known.insert(UnitId::parse(row.get(code).unwrap_or_default())?, state);
        }
        let (mut wrong, mut elsewhere) = (Vec::new(), Vec::new());
        for tube in self.goods.tubes.iter().filter(|t| t.round == round) {
            let state = known.get(&tube.code).map(String::as_str);
            if state.is_none() && tube.recorded && self.goods.coded(tube.code).len() > 1 {
                elsewhere.push(tube.code);
            } else {
                wrong.extend(self.unaccounted(tube, state));
            }
        }
        for code in elsewhere {
            // Its code was used before, perhaps in an earlier round: then it is a second claim to
            // the tube that is on that round's list.
            self.link.page(session, &format!("/tubes/{code}")).await?;
        }
        match wrong.first() {
            Some(first) => Err(DrillError::Lost(format!("{} tubes, first: {first}", wrong.len()))),
            None => Ok(()),
        }
    }

    /// Why a tube is not accounted for, if it is not.
    fn unaccounted(&self, tube: &Tube, state: Option<&str>) -> Option<String> {
        let twice = self.goods.coded(tube.code).len() > 1;
        let waits = self
            .devices
            .iter()
            .flat_map(crate::device::Device::waiting)
            .any(|c| concerns(&c.command, tube.code));
        // One that was called lost and has turned up is in somebody's hands again.
        let given_up =
            tube.marked_at.is_some_and(|at| tube.found_at.is_none_or(|found| found < at));
        match state {
            _ if waits => None,
            None => Some(format!("{} was recorded and is on no list", tube.code)),
            // Two fillings under one code wait for a person to decide.
            Some(_) if twice => None,
            Some("reported" | "no result" | "held back") => None,
            Some(state) if tube.reported_at.is_some() || given_up => {
                Some(format!("{} has its result and is said to be {state}", tube.code))
            }
            Some(_) => None,
        }
    }
}

/// Whether a command that waits is about a tube.
fn concerns(command: &desks::Command, tube: UnitId) -> bool {
    use testing::Command as C;
    let desks::Command::Testing(command) = command else { return false };
    match command {
        C::Collect(c) => c.tube == tube,
        C::RecordResult(r) => r.tube == tube,
        C::Mark(m) => m.tube == tube,
        _ => false,
    }
}
