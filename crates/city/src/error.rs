//! What can be wrong with a scenario or with what is asked of it.

use types::ParseError;

/// Why a scenario could not be read or a city not be made.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// No scenario of that name is built in.
    #[error(
        "no scenario is called {0:?}; the built-in ones are \"jilin-2022\" and \"measles-town\""
    )]
    UnknownScenario(String),
    /// A CSV file of the scenario cannot be read.
    #[error("{file}: {source}")]
    Csv {
        /// The file's name.
        file: &'static str,
        /// What the reader says, with the line.
        source: csv::Error,
    },
    /// `scenario.toml` cannot be read.
    #[error("scenario.toml: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// A value of the scenario is impossible or outside its own range.
    #[error("{file}: {field}: {problem}")]
    Value {
        /// The file's name.
        file: &'static str,
        /// The row's code or the parameter's name.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// A change that was asked for cannot be made.
    #[error("change {key}: {problem}")]
    Change {
        /// The key.
        key: String,
        /// What is wrong with it, and what can be done.
        problem: String,
    },
    /// A code of the scenario is malformed.
    #[error(transparent)]
    Code(#[from] ParseError),
    /// The areas asked for hold no community of the scenario.
    #[error("no community of the scenario lies in {0:?}")]
    NothingThere(String),
    /// More people were asked for than doors can be numbered for.
    #[error("{people} people are more than {limit}, the most that the codes can tell apart here")]
    TooMany {
        /// What was asked.
        people: u64,
        /// What is possible.
        limit: u64,
    },
    /// A file could not be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

impl CityError {
    pub(crate) fn value(
        file: &'static str,
        field: impl Into<String>,
        problem: impl Into<String>,
    ) -> CityError {
        CityError::Value { file, field: field.into(), problem: problem.into() }
    }
}
