//! What can be wrong with a protocol's files.

/// A protocol that does not load. The sentence names the file, the key or rule, and what was
/// expected, so that an editor of the file can mend it.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// A file or folder cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// No bundled protocol has this name.
    #[error("no bundled protocol is named {name:?}; there are: {known}")]
    NotBundled {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The folder has no `protocol.toml`, or it names no zone, and so on.
    #[error("{file}: {key}: {message}")]
    Header {
        /// The file.
        file: String,
        /// The key in it.
        key: String,
        /// What is wrong and what is expected.
        message: String,
    },
    /// The file is not TOML of the right shape.
    #[error("{file}, line {line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What the reader says.
        message: String,
    },
    /// A rule names no parameter.
    #[error(
        "{file}, line {line}: rule {rule:?} is no parameter: {missing}; \
         an edition or override may only set parameters that exist"
    )]
    UnknownParameter {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The rule's id.
        rule: String,
        /// Where it is missing.
        missing: String,
    },
    /// A rule's value or marks are wrong.
    #[error("{file}, line {line}: rule {rule:?}: {message}")]
    Rule {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The rule's id.
        rule: String,
        /// What is wrong and what is expected.
        message: String,
    },
    /// Two files claim the same parameter for the same area and time.
    #[error(
        "rule {rule:?} is set for {scope} by both {first} and {second} from {from}: \
         one of them must end before, or start later"
    )]
    Overlap {
        /// The rule's id.
        rule: String,
        /// The area, `everywhere` for the base.
        scope: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
        /// From when both are in force (RFC 3339).
        from: String,
    },
    /// A group of rules is there, but not whole.
    #[error(
        "group {group}: no edition sets rule {rule:?} for {scope} at {from}, \
         while other rules of the group are in force; give it a value from then on"
    )]
    Gap {
        /// The group.
        group: &'static str,
        /// The missing rule's id.
        rule: &'static str,
        /// The area, `everywhere` for the base.
        scope: String,
        /// From when (RFC 3339).
        from: String,
    },
    /// Rules of one edition contradict each other.
    #[error("rules of group {group} for {scope} from {from} contradict each other: {message}")]
    Contradiction {
        /// The group.
        group: &'static str,
        /// The area, `everywhere` for the base.
        scope: String,
        /// From when (RFC 3339).
        from: String,
        /// Which rules, and what is expected.
        message: String,
    },
}
