//! What a harvest learnt, one record a line, each behind a checksum.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::HarvestError;
use super::facts::Came;
use crate::domain::PeriodPair;
use crate::hk::Query;

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Record {
    /// What came of a query, when, and after how many attempts.
    Asked {
        query: String,
        at: String,
        attempts: u32,
        #[serde(flatten)]
        came: Came,
    },
    /// A refresh begins: these periods are asked for anew.
    Refresh { refresh: PeriodPair },
}

impl Record {
    /// The query of an asked record.
    pub(super) fn query(&self) -> Option<Result<Query, String>> {
        match self {
            Self::Asked { query, .. } => {
                Some(query.parse().map_err(|e: crate::hk::InvalidQuery| e.to_string()))
            }
            Self::Refresh { .. } => None,
        }
    }
}

/// The journal of a folder. Only the last line may be torn, by a process that was killed while it wrote: it is cut off.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

const DIGITS: usize = 16;

impl Journal {
    /// Opens a journal, or begins one, and reads what it holds.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Record>), HarvestError> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(HarvestError::disk(path, "opened"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(HarvestError::disk(path, "read"))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<_> = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').collect();
        let mut records = Vec::new();
        let mut length = 0u64;
        // Behind the last line's end there is nothing.
        let lines = lines.split_last().map_or(&[][..], |(_, lines)| lines);
        for (at, line) in lines.iter().enumerate() {
            match read(line) {
                Ok(record) => records.push(record),
                // A disk that lost the middle of a line when the power went.
                Err(_) if at + 1 == lines.len() => break,
                Err(problem) => {
                    let cut = match at {
                        0 => "harvest into another folder",
                        _ => "cut it off before that line: what stood behind is then asked for again",
                    };
                    let problem = format!("line {} {problem}; put back a copy of the file, or {cut}", at + 1);
                    return Err(HarvestError::Damaged { path: path.to_owned(), problem });
                }
            }
            length += line.len() as u64 + 1;
        }
        let mut journal = Self { path: path.to_owned(), file, length };
        if length < bytes.len() as u64 {
            journal.cut().map_err(HarvestError::disk(path, "cut off behind its last whole line"))?;
        }
        Ok((journal, records))
    }

    /// Adds a record; when this returns, it is on the disk.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), HarvestError> {
        let json = serde_json::to_string(record)
            .map_err(|e| HarvestError::disk(&self.path, "written")(std::io::Error::other(e)))?;
        let line = format!("{} {json}\n", checksum(json.as_bytes()));
        let written = self
            .file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(line.as_bytes()))
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What is half there is cut off now, or when the journal is opened again.
            _ = self.cut();
            return Err(HarvestError::disk(&self.path, "written")(error));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    fn cut(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.sync_data()
    }
}

fn checksum(bytes: &[u8]) -> String {
    let mut sum = super::hash(bytes);
    sum.truncate(DIGITS);
    sum
}

fn read(line: &[u8]) -> Result<Record, String> {
    let text = std::str::from_utf8(line).map_err(|_| "is not text".to_owned())?;
    let (sum, json) = text.split_once(' ').ok_or("has no checksum")?;
    if sum != checksum(json.as_bytes()) {
        return Err("does not fit its checksum".to_owned());
    }
    serde_json::from_str(json).map_err(|e| format!("cannot be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: usize) -> Record {
        Record::Asked {
            query: format!("/api/get?code={n}"),
            at: "2026-11-24T00:00:00Z".into(),
            attempts: 1,
            came: Came::Answer { body: "é".repeat(n), rows: n, bytes: 9, faults: 0 },
        }
    }

    #[test]
    fn cut_off_at_any_byte_it_holds_the_whole_lines_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, none) = Journal::open(&path).unwrap();
        assert!(none.is_empty());
        let all: Vec<_> =
            (0..4).map(record).chain([Record::Refresh { refresh: "2018".parse().unwrap() }]).collect();
        let mut ends = vec![0];
        for record in &all {
            journal.add(record).unwrap();
            ends.push(usize::try_from(journal.length).unwrap());
        }
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (mut journal, records) = Journal::open(&path).unwrap();
            let whole = ends.iter().rposition(|end| *end <= cut).unwrap();
            assert_eq!(records, all[..whole], "cut at {cut}");
            for record in &all[whole..] {
                journal.add(record).unwrap();
            }
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "cut at {cut}");
        }
    }

    /// Wherever a bit flips, no wrong record is read, and at most the last one is lost; else the place is told, and the file
    /// stays as it is.
    #[test]
    fn a_flipped_bit_is_told_or_costs_the_last_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        let all: Vec<_> = (1..5).map(record).collect();
        all.iter().for_each(|record| journal.add(record).unwrap());
        let bytes = std::fs::read(&path).unwrap();
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&path, &flipped).unwrap();
            match Journal::open(&path) {
                Ok((_, records)) => {
                    // The line break before the last record makes one damaged line of two.
                    let kept = if at == last { all.len() - 2 } else { all.len() - 1 };
                    assert!(at >= last && records == all[..kept], "byte {at}: {records:?}");
                }
                Err(error) => {
                    let told = error.to_string();
                    assert!(told.contains("is damaged: line ") && told.contains("put back a copy"), "{told}");
                    assert_eq!(std::fs::read(&path).unwrap(), flipped);
                }
            }
        }
    }

    #[test]
    fn a_changed_byte_is_told_and_nothing_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        (0..3).for_each(|n| journal.add(&record(n)).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let told = Journal::open(&path).unwrap_err().to_string();
        assert!(told.contains("line 1 does not fit its checksum; put back a copy"), "{told}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}
