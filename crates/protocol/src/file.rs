//! The files of a protocol: read, not yet resolved.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;
use types::{AreaScope, Micros};

use crate::status::Sure;
use crate::{EditionInfo, ProtocolError, Status, Texts};

/// The file that every protocol has: names, sources, and the list of its parameters.
pub(crate) const MANIFEST: &str = "protocol.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawManifest {
    pub protocol: RawProtocol,
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
    pub parameters: BTreeMap<String, Spanned<RawParameter>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProtocol {
    pub id: String,
    pub title: Texts,
    pub zone: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawParameter {
    pub en: String,
    pub zh: String,
    pub unit: Option<Texts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEditionFile {
    pub edition: RawEdition,
    pub rules: BTreeMap<String, Spanned<RawRule>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEdition {
    pub protocol: String,
    pub document: String,
    pub name: String,
    pub title: Texts,
    pub applies_to: Option<String>,
    pub valid_from: Datetime,
    pub valid_to: Option<Datetime>,
    pub date: RawMark,
}

/// How far something can be trusted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMark {
    pub status: RawStatus,
    pub sure: Option<Sure>,
    pub unverified: Option<Texts>,
    pub note: Option<Texts>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawStatus {
    Found,
    FoundInPart,
    Recalled,
    Chosen,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRule {
    pub value: toml::Value,
    pub status: RawStatus,
    pub sure: Option<Sure>,
    pub unverified: Option<Texts>,
    #[serde(default)]
    pub source: Vec<String>,
    #[serde(default)]
    pub setting: bool,
    pub rule: Option<String>,
    pub note: Option<Texts>,
}

/// Reads a file's TOML into its raw form.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    file: &str,
    text: &str,
) -> Result<T, ProtocolError> {
    toml::from_str(text).map_err(|e| ProtocolError::Syntax {
        file: file.to_owned(),
        line: e.span().map_or(1, |s| line_of(text, s.start)),
        message: e.message().to_owned(),
    })
}

/// The line, from 1, that holds the byte at `at`.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&b| b == b'\n').count()
}

/// Puts a status together from its parts, or says which part is missing or too much.
pub(crate) fn status(
    status: RawStatus,
    sure: Option<Sure>,
    unverified: Option<&Texts>,
) -> Result<Status, String> {
    match (status, sure, unverified) {
        (RawStatus::Found, None, None) => Ok(Status::Found),
        (RawStatus::FoundInPart, None, Some(text)) if !text.is_incomplete() => {
            Ok(Status::FoundInPart { unverified: text.clone() })
        }
        (RawStatus::Recalled, Some(sure), None) => Ok(Status::Recalled { sure }),
        (RawStatus::Chosen, None, None) => Ok(Status::Chosen),
        (RawStatus::Recalled, None, _) => {
            Err("status \"recalled\" must say how sure: sure = \"high\", \"medium\", …".to_owned())
        }
        (RawStatus::FoundInPart, ..) => {
            Err("status \"found-in-part\" must say what is unverified, in both languages"
                .to_owned())
        }
        _ => {
            Err("sure goes with \"recalled\" only, unverified with \"found-in-part\" only"
                .to_owned())
        }
    }
}

impl RawEdition {
    /// Checks the header.
    pub fn check(
        &self,
        file: &str,
        protocol: &str,
        zone: &TimeZone,
    ) -> Result<EditionInfo, ProtocolError> {
        let wrong = |key: &str, message: String| ProtocolError::Header {
            file: file.to_owned(),
            key: format!("edition.{key}"),
            message,
        };
        if self.protocol != protocol {
            let message = format!("{:?} is not this folder's protocol {protocol:?}", self.protocol);
            return Err(wrong("protocol", message));
        }
        if self.title.is_incomplete() {
            return Err(wrong("title", "a language is missing".to_owned()));
        }
        let applies_to = match self.applies_to.as_deref() {
            None => AreaScope::ALL,
            Some("") => {
                let message = "is empty; expected 2, 4 or 6 digits, or leave the key out";
                return Err(wrong("applies_to", message.to_owned()));
            }
            Some(text) => AreaScope::parse(text).map_err(|e| wrong("applies_to", e.to_string()))?,
        };
        let valid_from = instant(&self.valid_from, zone).map_err(|why| wrong("valid_from", why))?;
        let valid_to = self
            .valid_to
            .as_ref()
            .map(|d| instant(d, zone).map_err(|why| wrong("valid_to", why)))
            .transpose()?;
        if valid_to.is_some_and(|end| end <= valid_from) {
            return Err(wrong("valid_to", "is not after valid_from".to_owned()));
        }
        let date = &self.date;
        let date_status = status(date.status, date.sure, date.unverified.as_ref())
            .map_err(|why| wrong("date", why))?;
        Ok(EditionInfo {
            file: file.to_owned(),
            document: self.document.clone(),
            name: self.name.clone(),
            title: self.title.clone(),
            applies_to,
            valid_from,
            valid_to,
            date_status,
            date_note: date.note.clone(),
        })
    }
}

/// A local date (its midnight) or local date-time in the protocol's zone, as an instant.
fn instant(at: &Datetime, zone: &TimeZone) -> Result<Micros, String> {
    let wrong = || format!("{at} is not a local date or date-time such as 2022-03-15");
    if at.offset.is_some() {
        return Err(wrong());
    }
    let civil: jiff::civil::DateTime = at.to_string().parse().map_err(|_| wrong())?;
    zone.to_timestamp(civil).map(|t| Micros(t.as_microsecond())).map_err(|_| wrong())
}
