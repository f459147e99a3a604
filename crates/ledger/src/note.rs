//! Remarks that people write beside what they record.

use types::Refusal;

/// The longest remark, in characters.
pub const LONGEST_NOTE: usize = 400;

/// A remark that may be there.
///
/// # Errors
/// Refusal `note-too-long`.
pub fn note_fits(note: &str) -> Result<(), Refusal> {
    if note.chars().count() <= LONGEST_NOTE {
        Ok(())
    } else {
        Err(Refusal::new("note-too-long").with("limit", LONGEST_NOTE))
    }
}

/// A remark that has to be there.
///
/// # Errors
/// Refusals `note-needed` and `note-too-long`.
pub fn note_needed(note: &str) -> Result<(), Refusal> {
    if note.trim().is_empty() {
        return Err(Refusal::new("note-needed").with("field", "note"));
    }
    note_fits(note)
}
