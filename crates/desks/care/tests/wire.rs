//! The form in which programs send commands: that of the documentation, which names every one of them.

use std::collections::BTreeSet;

use care::Command;
use types::{AreaCode, CommandId, UnitId};

const DOCUMENT: &str = include_str!("../../../../docs/care.md");

/// The lines of the document's JSON, with codes in the place of their names.
fn lines() -> Vec<String> {
    let block = DOCUMENT.split("```json").nth(1).expect("a block of JSON");
    let block = block.split("```").next().expect("its end");
    let area = AreaCode::new(220_202).expect("six digits");
    let unit = |kind| UnitId::derived(kind, area, &[b"document"]).to_string();
    let codes = [
        ("EPISODE", unit(care::EPISODE)),
        ("BED", unit(care::BED)),
        ("CASE", unit(cases::CASE)),
        ("COMMAND", CommandId::from_bytes([7; 16]).to_string()),
    ];
    let filled = |line: &str| {
        codes.iter().fold(line.to_owned(), |line, (name, code)| {
            line.replace(&format!("\"{name}\""), &format!("\"{code}\""))
        })
    };
    block.lines().filter(|line| !line.trim().is_empty()).map(filled).collect()
}

#[test]
fn every_command_is_documented_in_the_form_in_which_it_is_sent() {
    let mut told = BTreeSet::new();
    for line in lines() {
        let command: Command =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
        told.insert(command.kind());
        // What is written is read again as the same.
        let again = serde_json::to_string(&command).expect("JSON");
        assert_eq!(serde_json::from_str::<Command>(&again).expect("read again"), command);
    }
    // A new command does not compile here until it has a line in the document.
    let all = |command: &Command| match command {
        Command::PutFacility(_)
        | Command::PutWard(_)
        | Command::PutBeds(_)
        | Command::Staff(_)
        | Command::SetOut(_)
        | Command::Assign(_)
        | Command::Unassign { .. }
        | Command::Lapse { .. }
        | Command::Depart { .. }
        | Command::Admit(_)
        | Command::Move(_)
        | Command::Disinfect { .. }
        | Command::Refuse { .. }
        | Command::Requeue { .. }
        | Command::SendHome { .. }
        | Command::Round(_)
        | Command::CheckIn(_)
        | Command::Test(_)
        | Command::Keep { .. }
        | Command::Release(_)
        | Command::FinishHome { .. }
        | Command::Adopt { .. }
        | Command::PutCarePlan(_)
        | Command::ReviewCarePlan(_)
        | Command::Consult(_)
        | Command::Answer(_)
        | Command::WithdrawConsult { .. }
        | Command::Order(_)
        | Command::StopOrder(_) => 29,
    };
    let some: Command = serde_json::from_str(&lines()[0]).expect("a command");
    assert_eq!(told.len(), all(&some));
}
