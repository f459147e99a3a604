//! A protocol: its editions laid out in time and place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use types::{AreaCode, AreaScope, Micros};

use crate::edition::{Trouble, all_groups};
use crate::file::{self, MANIFEST, RawEditionFile, RawManifest, RawRule};
use crate::schema::{Entry, InForce, Spec};
use crate::{Edition, EditionInfo, ProtocolError, RuleInfo, Status, Texts};

/// A rule set: dated editions, a base and local overrides, with every value typed.
///
/// All editions are built and checked when the protocol is loaded, so [`Protocol::at`] only
/// looks one up.
#[derive(Clone, Debug)]
pub struct Protocol {
    id: String,
    title: Texts,
    zone: String,
    parameters: Vec<Declared>,
    infos: Vec<Arc<EditionInfo>>,
    /// Every rule of every file, by parameter.
    entries: BTreeMap<&'static str, Vec<Arc<Entry>>>,
    /// Other names of parameters.
    aliases: BTreeMap<String, &'static str>,
    /// The instants at which any rule of any area changes, rising.
    switches: Vec<Micros>,
    /// Override scopes, narrowest first, the base last; each with one edition an interval.
    layers: Vec<(AreaScope, Vec<Arc<Edition>>)>,
}

/// A parameter as the protocol's manifest declares it.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub id: &'static str,
    pub group: &'static str,
    pub label: Texts,
    pub unit: Option<Texts>,
}

impl Protocol {
    /// Loads every `*.toml` of a folder; one of them must be `protocol.toml`.
    ///
    /// # Errors
    /// [`ProtocolError`] for what cannot be read or does not hold together.
    pub fn load_dir(folder: &Path) -> Result<Protocol, ProtocolError> {
        let unreadable =
            |path: &Path, source| ProtocolError::Io { path: path.display().to_string(), source };
        let mut files = Vec::new();
        for item in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
            let path = item.map_err(|e| unreadable(folder, e))?.path();
            if path.extension().is_some_and(|e| e == "toml") {
                let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
                files.push((name.unwrap_or_default(), text));
            }
        }
        files.sort();
        Protocol::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// Builds a protocol from its files, each with its name.
    ///
    /// # Errors
    /// [`ProtocolError`] for what does not hold together.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Protocol, ProtocolError> {
        let files: BTreeMap<&str, &str> = files.into_iter().collect();
        let header = |key: &str, message: String| ProtocolError::Header {
            file: MANIFEST.to_owned(),
            key: key.to_owned(),
            message,
        };
        let text = files
            .get(MANIFEST)
            .ok_or_else(|| header("protocol", "the file is missing".to_owned()))?;
        let manifest: RawManifest = file::read(MANIFEST, text)?;
        let zone = TimeZone::get(&manifest.protocol.zone).map_err(|_| {
            let message = format!(
                "{:?} is no time zone; expected a name such as \"Asia/Shanghai\"",
                manifest.protocol.zone
            );
            header("protocol.zone", message)
        })?;
        let mut loading = Loading::new(&manifest, text)?;
        for (&name, &text) in files.iter().filter(|(name, _)| **name != MANIFEST) {
            loading.add(name, text, &zone)?;
        }
        loading.finish()
    }

    /// The protocol's name, for example `cn-2022`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The protocol's title.
    pub fn title(&self) -> &Texts {
        &self.title
    }

    /// The zone that its dates are in, for example `Asia/Shanghai`.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Every edition of every document, base and local, by start.
    pub fn editions(&self) -> &[Arc<EditionInfo>] {
        &self.infos
    }

    /// The instants at which any rule changes anywhere, rising.
    pub fn switches(&self) -> &[Micros] {
        &self.switches
    }

    /// The rules in force at `time` (the time of the event, not of its recording) in `area`.
    ///
    /// Of the rules that a parameter has for the area, the one with the narrowest area counts;
    /// of several with the same area, the one that started last. A start date is in force from
    /// its first instant, an end date is not in force any more. Costs two short searches.
    pub fn at(&self, time: Micros, area: AreaCode) -> &Arc<Edition> {
        let editions = self.layer(area);
        &editions[self.switches.partition_point(|&s| s <= time)]
    }

    /// The editions for an area, one for each interval between switches.
    pub(crate) fn layer(&self, area: AreaCode) -> &[Arc<Edition>] {
        let layer = self.layers.iter().find(|(scope, _)| scope.contains(area));
        // The base is the last layer and contains every area.
        layer.map_or_else(|| &self.layers[self.layers.len() - 1].1, |(_, e)| e)
    }

    pub(crate) fn declared(&self) -> &[Declared] {
        &self.parameters
    }

    pub(crate) fn entries_of(&self, id: &str) -> &[Arc<Entry>] {
        self.entries.get(id).map_or(&[], Vec::as_slice)
    }

    /// The parameter with this id, or the one that an edition's own name means.
    pub(crate) fn resolve(&self, name: &str) -> Option<&Declared> {
        let id = self.aliases.get(name).copied().unwrap_or(name);
        self.parameters.iter().find(|p| p.id == id)
    }

    /// Every name that [`Protocol::explain`] knows: parameter ids, and the names that single
    /// editions give them (`test.window2` for the window of the second edition).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|p| p.id).chain(self.aliases.keys().map(String::as_str))
    }
}

/// A protocol while its files are read.
struct Loading<'m> {
    manifest: &'m RawManifest,
    known: BTreeMap<&'static str, Spec>,
    parameters: Vec<Declared>,
    infos: Vec<Arc<EditionInfo>>,
    entries: BTreeMap<&'static str, Vec<Arc<Entry>>>,
    aliases: BTreeMap<String, &'static str>,
}

impl<'m> Loading<'m> {
    fn new(manifest: &'m RawManifest, text: &str) -> Result<Self, ProtocolError> {
        let mut known = BTreeMap::new();
        let mut parameters = Vec::new();
        for group in all_groups() {
            for spec in group.specs {
                known.insert(spec.id, spec);
                let Some(raw) = manifest.parameters.get(spec.id) else { continue };
                let raw = raw.get_ref();
                parameters.push(Declared {
                    id: spec.id,
                    group: group.name,
                    label: Texts { en: raw.en.clone(), zh: raw.zh.clone() },
                    unit: raw.unit.clone(),
                });
            }
        }
        for (id, raw) in &manifest.parameters {
            let line = file::line_of(text, raw.span().start);
            if !known.contains_key(id.as_str()) {
                return Err(ProtocolError::UnknownParameter {
                    file: MANIFEST.to_owned(),
                    line,
                    rule: id.clone(),
                    missing: "the program knows no such parameter".to_owned(),
                });
            }
            let raw = raw.get_ref();
            let unnamed = raw.en.trim().is_empty()
                || raw.zh.trim().is_empty()
                || raw.unit.as_ref().is_some_and(Texts::is_incomplete);
            if unnamed {
                return Err(ProtocolError::Rule {
                    file: MANIFEST.to_owned(),
                    line,
                    rule: id.clone(),
                    message: "label or unit lacks a language; expected en and zh".to_owned(),
                });
            }
        }
        let (infos, entries, aliases) = Default::default();
        Ok(Loading { manifest, known, parameters, infos, entries, aliases })
    }

    fn add(&mut self, name: &str, text: &str, zone: &TimeZone) -> Result<(), ProtocolError> {
        let raw: RawEditionFile = file::read(name, text)?;
        let info = Arc::new(raw.edition.check(name, &self.manifest.protocol.id, zone)?);
        self.infos.push(Arc::clone(&info));
        for (id, rule) in &raw.rules {
            let line = file::line_of(text, rule.span().start);
            let declared = self.parameters.iter().find(|p| p.id == id).cloned();
            let (Some(declared), Some(spec)) = (declared, self.known.get(id.as_str()).copied())
            else {
                return Err(ProtocolError::UnknownParameter {
                    file: name.to_owned(),
                    line,
                    rule: id.clone(),
                    missing: format!("{MANIFEST} declares none"),
                });
            };
            let wrong = |message: String| ProtocolError::Rule {
                file: name.to_owned(),
                line,
                rule: id.clone(),
                message,
            };
            let entry = self.entry(&declared, &spec, rule.get_ref(), &info).map_err(wrong)?;
            if entry.info.rule != spec.id {
                let other = self.aliases.insert(entry.info.rule.clone(), spec.id);
                if self.known.contains_key(entry.info.rule.as_str())
                    || other.is_some_and(|o| o != spec.id)
                {
                    let message = format!("{:?} already names another rule", entry.info.rule);
                    return Err(wrong(message));
                }
            }
            self.entries.entry(spec.id).or_default().push(Arc::new(entry));
        }
        Ok(())
    }

    fn entry(
        &self,
        declared: &Declared,
        spec: &Spec,
        raw: &RawRule,
        edition: &Arc<EditionInfo>,
    ) -> Result<Entry, String> {
        let status = file::status(raw.status, raw.sure, raw.unverified.as_ref())?;
        let mut sources = Vec::new();
        for key in &raw.source {
            let source = self.manifest.sources.get(key);
            sources.push(
                source
                    .ok_or_else(|| format!("source {key:?} is not in [sources] of {MANIFEST}"))?
                    .clone(),
            );
        }
        let needs_source = matches!(status, Status::Found | Status::FoundInPart { .. });
        if needs_source && sources.is_empty() {
            return Err("a value that was found must name its source".to_owned());
        }
        if status == Status::Chosen && !raw.setting {
            return Err("a chosen value must be a setting: setting = true".to_owned());
        }
        if raw.note.as_ref().is_some_and(Texts::is_incomplete) {
            return Err("the note lacks a language; expected en and zh".to_owned());
        }
        let parsed = spec.read(&raw.value).map_err(|why| format!("value: {why}"))?;
        let info = RuleInfo {
            id: spec.id,
            rule: raw.rule.clone().unwrap_or_else(|| spec.id.to_owned()),
            group: declared.group,
            edition: Arc::clone(edition),
            sources,
            status,
            setting: raw.setting,
            note: raw.note.clone(),
            text: parsed.text,
        };
        Ok(Entry { info: Arc::new(info), value: parsed.value })
    }

    fn finish(mut self) -> Result<Protocol, ProtocolError> {
        for entries in self.entries.values_mut() {
            entries.sort_by_key(|e| {
                let edition = &e.info.edition;
                (edition.applies_to.bounds(), edition.valid_from)
            });
            overlap(entries).map_or(Ok(()), Err)?;
        }
        for id in self.parameters.iter().map(|p| p.id) {
            if !self.entries.contains_key(id) {
                return Err(ProtocolError::Rule {
                    file: MANIFEST.to_owned(),
                    line: 1,
                    rule: id.to_owned(),
                    message: "is declared, but no edition gives it a value".to_owned(),
                });
            }
        }
        self.infos.sort_by_key(|i| (i.valid_from, i.applies_to.bounds(), i.file.clone()));
        let switches: Vec<Micros> = self
            .infos
            .iter()
            .flat_map(|i| [Some(i.valid_from), i.valid_to])
            .flatten()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut scopes: Vec<AreaScope> = vec![AreaScope::ALL];
        for info in &self.infos {
            if !scopes.contains(&info.applies_to) {
                scopes.push(info.applies_to);
            }
        }
        scopes.sort_by_key(|&s| width(s));
        let layers = scopes
            .into_iter()
            .map(|scope| Ok((scope, layer(scope, &switches, &self.entries)?)))
            .collect::<Result<_, ProtocolError>>()?;
        let protocol = &self.manifest.protocol;
        Ok(Protocol {
            id: protocol.id.clone(),
            title: protocol.title.clone(),
            zone: protocol.zone.clone(),
            parameters: self.parameters,
            infos: self.infos,
            entries: self.entries,
            aliases: self.aliases,
            switches,
            layers,
        })
    }
}

/// How many codes a scope spans; a narrower one outranks a wider one.
fn width(scope: AreaScope) -> i64 {
    let (low, high) = scope.bounds();
    high - low
}

/// Two editions that claim the same parameter, area and time. `entries` are those of one
/// parameter, by area and start. An open edition gives way to the next one; two with the same
/// start, or a start before another's declared end, cannot both be meant.
fn overlap(entries: &[Arc<Entry>]) -> Option<ProtocolError> {
    for (at, later) in entries.iter().enumerate() {
        for earlier in &entries[..at] {
            let (a, b) = (&earlier.info.edition, &later.info.edition);
            let both = a.applies_to == b.applies_to
                && (a.valid_from == b.valid_from
                    || a.valid_to.is_some_and(|end| b.valid_from < end));
            if both {
                return Some(ProtocolError::Overlap {
                    rule: later.info.id.to_owned(),
                    scope: scope_name(b.applies_to),
                    first: a.file.clone(),
                    second: b.file.clone(),
                    from: b.valid_from.rfc3339(),
                });
            }
        }
    }
    None
}

fn scope_name(scope: AreaScope) -> String {
    if scope == AreaScope::ALL { "everywhere".to_owned() } else { format!("area {scope}") }
}

/// The rules in force at `time` for areas of `scope`.
fn in_force(
    time: Micros,
    scope: AreaScope,
    entries: &BTreeMap<&'static str, Vec<Arc<Entry>>>,
) -> InForce {
    let mut rules = InForce::new();
    for (id, entries) in entries {
        let best = entries
            .iter()
            .filter(|e| e.info.edition.applies_to.covers(scope))
            .filter(|e| e.info.edition.is_in_force(time))
            .min_by_key(|e| {
                let edition = &e.info.edition;
                (width(edition.applies_to), std::cmp::Reverse(edition.valid_from))
            });
        if let Some(best) = best {
            rules.insert(id, Arc::clone(best));
        }
    }
    rules
}

/// The editions of one scope, one for each interval, checked: a group speaks from the moment
/// when all its rules are there, and must not fall silent after.
fn layer(
    scope: AreaScope,
    switches: &[Micros],
    entries: &BTreeMap<&'static str, Vec<Arc<Entry>>>,
) -> Result<Vec<Arc<Edition>>, ProtocolError> {
    let mut editions = Vec::with_capacity(switches.len() + 1);
    let mut missing: BTreeMap<&'static str, &'static str> = BTreeMap::new();
    let mut whole: BTreeSet<&'static str> = BTreeSet::new();
    let mut last_from = Micros(i64::MIN);
    for at in 0..=switches.len() {
        let from = at.checked_sub(1).map_or(Micros(i64::MIN), |i| switches[i]);
        let to = switches.get(at).copied().unwrap_or(Micros::MAX);
        let rules = in_force(from, scope, entries);
        let mut troubles = Vec::new();
        let edition = Edition::build(&rules, from, to, scope, &mut troubles);
        missing.clear();
        for (group, trouble) in troubles {
            match trouble {
                Trouble::Contradiction(message) => {
                    return Err(ProtocolError::Contradiction {
                        group,
                        scope: scope_name(scope),
                        from: from.rfc3339(),
                        message,
                    });
                }
                Trouble::Absent(rule) if whole.contains(group) => {
                    return Err(gap(group, rule, scope, from));
                }
                Trouble::Absent(rule) => {
                    missing.insert(group, rule);
                }
            }
        }
        for group in all_groups() {
            if !missing.contains_key(group.name) {
                whole.insert(group.name);
            }
        }
        editions.push(Arc::new(edition));
        last_from = from;
    }
    // What never became whole although some of it is there would be silently ignored.
    let last = editions.last();
    for (group, rule) in missing {
        if last.is_some_and(|e| e.rules().any(|r| r.group == group)) {
            return Err(gap(group, rule, scope, last_from));
        }
    }
    Ok(editions)
}

fn gap(group: &'static str, rule: &'static str, scope: AreaScope, from: Micros) -> ProtocolError {
    ProtocolError::Gap { group, rule, scope: scope_name(scope), from: from.rfc3339() }
}
