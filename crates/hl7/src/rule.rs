//! Every rule that the laboratory feed checks: its code, its sentence and where it comes from.

/// HL7 table 0357, message error condition codes (chapter 2.15.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCondition {
    /// 100: segments in the wrong order, or a required one is missing.
    SegmentSequence,
    /// 101: a required field is missing.
    RequiredFieldMissing,
    /// 102: the value is not of the field's data type.
    DataType,
    /// 103: a coded value is not in its table.
    TableValueNotFound,
    /// 200: this message type is not handled here.
    UnsupportedMessageType,
    /// 201: this event is not handled here.
    UnsupportedEvent,
    /// 202: messages of this processing id are not handled here.
    UnsupportedProcessingId,
    /// 203: this version is not handled here.
    UnsupportedVersion,
    /// 205: the key is another record's.
    DuplicateKeyIdentifier,
    /// 207: the receiver's own trouble, not the message's.
    ApplicationInternal,
}

impl ErrorCondition {
    /// The code as the table prints it.
    pub fn code(self) -> &'static str {
        match self {
            ErrorCondition::SegmentSequence => "100",
            ErrorCondition::RequiredFieldMissing => "101",
            ErrorCondition::DataType => "102",
            ErrorCondition::TableValueNotFound => "103",
            ErrorCondition::UnsupportedMessageType => "200",
            ErrorCondition::UnsupportedEvent => "201",
            ErrorCondition::UnsupportedProcessingId => "202",
            ErrorCondition::UnsupportedVersion => "203",
            ErrorCondition::DuplicateKeyIdentifier => "205",
            ErrorCondition::ApplicationInternal => "207",
        }
    }

    /// The table's text for the code.
    pub fn text(self) -> &'static str {
        match self {
            ErrorCondition::SegmentSequence => "Segment sequence error",
            ErrorCondition::RequiredFieldMissing => "Required field missing",
            ErrorCondition::DataType => "Data type error",
            ErrorCondition::TableValueNotFound => "Table value not found",
            ErrorCondition::UnsupportedMessageType => "Unsupported message type",
            ErrorCondition::UnsupportedEvent => "Unsupported event code",
            ErrorCondition::UnsupportedProcessingId => "Unsupported processing id",
            ErrorCondition::UnsupportedVersion => "Unsupported version id",
            ErrorCondition::DuplicateKeyIdentifier => "Duplicate key identifier",
            ErrorCondition::ApplicationInternal => "Application internal error",
        }
    }
}

macro_rules! rules {
    ($( $(#[$doc:meta])* $name:ident, $code:literal, $condition:ident, $source:literal, $sentence:literal; )*) => {
        /// A rule of the laboratory feed, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule {
            $( #[doc = $sentence] $(#[$doc])* $name, )*
        }

        impl Rule {
            /// Every rule, for tables and tests.
            pub const ALL: &'static [Rule] = &[ $( Rule::$name, )* ];

            /// The stable kebab-case code.
            pub fn code(self) -> &'static str {
                match self { $( Rule::$name => $code, )* }
            }

            /// What is wrong, as a sentence without its subject's place.
            pub fn sentence(self) -> &'static str {
                match self { $( Rule::$name => $sentence, )* }
            }

            /// Whose rule it is: a chapter of HL7 v2.5, or our own.
            pub fn source(self) -> &'static str {
                match self { $( Rule::$name => $source, )* }
            }

            /// The code of HL7 table 0357 that a reply gives for it.
            pub fn condition(self) -> ErrorCondition {
                match self { $( Rule::$name => ErrorCondition::$condition, )* }
            }
        }
    };
}

rules! {
    // Messages.
    Empty, "hl7-empty", SegmentSequence, "HL7 v2.5 2.5.1",
        "the message is empty";
    TooLong, "hl7-too-long", ApplicationInternal, "limit of this program",
        "the message is longer than the limit";
    TooManySegments, "hl7-too-many-segments", ApplicationInternal, "limit of this program",
        "the message has more segments than the limit";
    TooManyFields, "hl7-too-many-fields", ApplicationInternal, "limit of this program",
        "the segment has more fields than the limit";
    NoHeader, "hl7-no-header", SegmentSequence, "HL7 v2.5 2.5.1, 2.15.9",
        "the message does not begin with an MSH segment";
    BatchNotSupported, "hl7-batch", UnsupportedMessageType, "HL7 v2.5 2.10.3",
        "batch files (FHS, BHS) are not handled: send each message by itself";
    SecondHeader, "hl7-second-header", SegmentSequence, "HL7 v2.5 2.5.1",
        "a second MSH segment stands inside the message";
    Delimiters, "hl7-delimiters", DataType, "HL7 v2.5 2.5.4, 2.15.9.1, 2.15.9.2",
        "the delimiters in MSH-1 and MSH-2 must be different punctuation characters";
    SegmentId, "hl7-segment-id", SegmentSequence, "HL7 v2.5 2.5.2",
        "a segment begins with three capital letters or digits and the field separator";
    CharsetUnknown, "hl7-charset-unknown", TableValueNotFound, "HL7 v2.5 2.15.9.18, table 0211",
        "the character set in MSH-18 is not one that is handled (ASCII, UTF-8, GB18030, GBK, 8859/1)";
    Undecodable, "hl7-undecodable", DataType, "HL7 v2.5 2.15.9.18",
        "the bytes are not text in the character set that is declared";
    Unencodable, "hl7-unencodable", DataType, "HL7 v2.5 2.15.9.18",
        "the text has a character that the character set cannot express";
    // Results in a message.
    MessageType, "hl7-message-type", UnsupportedMessageType, "HL7 v2.5 2.15.9.9, 7.3.1",
        "only ORU result messages are handled here";
    EventCode, "hl7-event-code", UnsupportedEvent, "HL7 v2.5 2.15.9.9, 7.3.1",
        "of the ORU messages only event R01 is handled here";
    Version, "hl7-version", UnsupportedVersion, "HL7 v2.5 2.15.9.12",
        "only versions 2.x are handled";
    ControlIdMissing, "hl7-control-id-missing", RequiredFieldMissing, "HL7 v2.5 2.15.9.10",
        "the message control id is required: replies and repeats are told by it";
    ControlIdReused, "hl7-control-id-reused", DuplicateKeyIdentifier, "HL7 v2.5 2.15.9.10",
        "another message of this sender had the same control id";
    ProcessingId, "hl7-processing-id", UnsupportedProcessingId, "HL7 v2.5 2.15.9.11, table 0103",
        "only production messages are recorded, no training or debugging ones";
    LaboratoryUnknown, "hl7-laboratory-unknown", TableValueNotFound, "HL7 v2.5 2.15.9.4",
        "the sending facility is not a laboratory that is known here; its results are kept";
    ContinuationNotSupported, "hl7-continuation", UnsupportedMessageType, "HL7 v2.5 2.10.2",
        "messages cut into parts (MSH-14, DSC) are not handled: send the whole";
    NoOrder, "hl7-no-order", SegmentSequence, "HL7 v2.5 7.3.1",
        "the message has no OBR segment, so it holds no result";
    ObservationWithoutOrder, "hl7-observation-without-order", SegmentSequence, "HL7 v2.5 7.3.1",
        "an observation or specimen stands before any OBR segment, so it belongs to no order";
    SpecimenAmbiguous, "lab-specimen-ambiguous", SegmentSequence, "HL7 v2.5 7.3.1",
        "the order has several specimens and an observation that stands before all of them";
    TubeMissing, "lab-tube-missing", RequiredFieldMissing, "HL7 v2.5 7.4.3.2, 7.4.1.2, 7.4.1.3",
        "no tube code is given";
    TubeMalformed, "lab-tube-malformed", DataType, "limit of this program",
        "a tube code has 1 to 64 characters without control characters";
    TubeMangled, "lab-tube-mangled", DataType, "rule of this program",
        "the tube code was turned into a rounded number by a spreadsheet";
    ObservationIdMissing, "lab-observation-id-missing", RequiredFieldMissing, "HL7 v2.5 7.4.2.3",
        "the observation does not say what was observed";
    ValueTypeMissing, "lab-value-type-missing", RequiredFieldMissing, "HL7 v2.5 7.4.2.2",
        "a value needs its type";
    ValueTypeUnsupported, "lab-value-type-unsupported", DataType, "HL7 v2.5 7.4.2.2",
        "results are read from the value types NM, SN, ST, TX, FT, CWE, CE, CNE, IS and ID";
    ValueRepeated, "lab-value-repeated", DataType, "HL7 v2.5 7.4.2.5",
        "one result cannot have several values";
    CtNotANumber, "lab-ct-not-a-number", DataType, "HL7 v2.5 chapter 2A NM, SN",
        "the Ct value is neither a decimal number nor a word for no Ct";
    CtOutOfRange, "lab-ct-out-of-range", DataType, "rule of this program",
        "a Ct value is more than 0 and at most 60 cycles";
    CtForm, "lab-ct-form", DataType, "HL7 v2.5 chapter 2A SN",
        "of the structured numbers only a plain number, >n and >=n can be a Ct value";
    UnitsNotCycles, "lab-units-not-cycles", DataType, "HL7 v2.5 7.4.2.6",
        "the value is given in a unit that is not PCR cycles";
    InterpretationUnknown, "lab-interpretation-unknown", TableValueNotFound, "HL7 v2.5 7.4.2.5",
        "the interpretation is none of detected, not detected, inconclusive, invalid";
    InterpretationConflict, "lab-interpretation-conflict", DataType, "rule of this program",
        "the code and the text of the interpretation say different things";
    ValueConflict, "lab-value-conflict", DataType, "rule of this program",
        "the same target is reported twice with different values";
    StatusMissing, "lab-status-missing", RequiredFieldMissing, "HL7 v2.5 7.4.2.11, table 0085",
        "neither the observation nor its order has a result status";
    StatusUnknown, "lab-status-unknown", TableValueNotFound, "HL7 v2.5 tables 0085 and 0123",
        "the result status is not known";
    StatusConflict, "lab-status-conflict", DataType, "HL7 v2.5 7.4.1.25, table 0123",
        "the order is cancelled but has live results";
    ResultPending, "lab-result-pending", RequiredFieldMissing, "HL7 v2.5 table 0085",
        "the result is still pending";
    NoResult, "lab-no-result", RequiredFieldMissing, "rule of this program",
        "there is neither an interpretation nor a Ct value of a known target";
    TimeMalformed, "lab-time-malformed", DataType, "HL7 v2.5 chapter 2A TS",
        "the time is not a date and time";
    TimeTooCoarse, "lab-time-too-coarse", DataType, "HL7 v2.5 chapter 2A TS",
        "the time needs at least a day and an hour";
    TextTooLong, "lab-text-too-long", DataType, "limit of this program",
        "the text is longer than 200 characters";
    NotStored, "lab-not-stored", ApplicationInternal, "HL7 v2.5 2.9.2",
        "the message could not be stored now: send it again";
    // Files.
    HeaderMissing, "lab-header-missing", SegmentSequence, "format of this program",
        "the file has no header row";
    ColumnMissing, "lab-column-missing", RequiredFieldMissing, "format of this program",
        "the header row lacks a column: tube, and one of result, ct_n, ct_orf1ab";
    ColumnTwice, "lab-column-twice", DataType, "format of this program",
        "the header row names the same column twice";
    ColumnCount, "lab-column-count", DataType, "RFC 4180 2.4",
        "the row has another number of columns than the header row";
    QuoteOpen, "lab-quote-open", DataType, "RFC 4180 2.5",
        "a quotation mark is opened and not closed";
    QuoteStray, "lab-quote-stray", DataType, "RFC 4180 2.5",
        "text follows a closing quotation mark";
    RowTooLong, "lab-row-too-long", DataType, "limit of this program",
        "the row is longer than the limit";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let codes: HashSet<_> = Rule::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Rule::ALL.len());
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
    }
}
