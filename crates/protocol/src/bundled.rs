//! The protocols that travel in the program.

use crate::{Protocol, ProtocolError};

macro_rules! bundle {
    ($folder:literal: $($file:literal),+ $(,)?) => {
        ($folder, &[$((
            $file,
            include_str!(concat!("../../../protocols/", $folder, "/", $file)),
        )),+])
    };
}

/// A protocol's name and its files, each with its name and text.
pub(crate) type Bundle = (&'static str, &'static [(&'static str, &'static str)]);

/// A test compares these lists with the folders.
pub(crate) const BUNDLES: &[Bundle] = &[
    bundle!("cn-2022":
        "antigen-2022.toml",
        "briefing-2022-05.toml",
        "local-22-jilin.toml",
        "local-2301-harbin.toml",
        "local-31-shanghai.toml",
        "local-3209-yancheng.toml",
        "local-4401-guangzhou.toml",
        "notice-2022-12.toml",
        "pool-20.toml",
        "practice.toml",
        "prevention-8.toml",
        "prevention-9.toml",
        "protocol.toml",
        "risk-2020.toml",
        "settings.toml",
        "specimen-specs.toml",
        "testing-guide-1.toml",
        "testing-guide-2.toml",
        "testing-guide-3.toml",
        "treatment-8r.toml",
        "treatment-9.toml",
        "zones-scheme.toml",
    ),
    bundle!("measles-demo": "measles.toml", "protocol.toml"),
];

impl Protocol {
    /// The protocol of the Jilin spring of 2022, `cn-2022`, from the program itself.
    ///
    /// # Errors
    /// None in a program whose tests pass.
    pub fn bundled() -> Result<Protocol, ProtocolError> {
        Protocol::bundled_as("cn-2022")
    }

    /// A bundled protocol by its name.
    ///
    /// # Errors
    /// [`ProtocolError::NotBundled`] with the names that exist.
    pub fn bundled_as(name: &str) -> Result<Protocol, ProtocolError> {
        let found = BUNDLES.iter().find(|(id, _)| *id == name);
        let (_, files) = found.ok_or_else(|| ProtocolError::NotBundled {
            name: name.to_owned(),
            known: Protocol::bundled_names().collect::<Vec<_>>().join(", "),
        })?;
        Protocol::from_files(files.iter().copied())
    }

    /// The names of the bundled protocols.
    pub fn bundled_names() -> impl Iterator<Item = &'static str> {
        BUNDLES.iter().map(|(id, _)| *id)
    }
}
