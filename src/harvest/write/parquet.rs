use std::fs::File;
use std::io;

use super::{Hashing, Written, failed};
use crate::harvest::data::{Fresh, Source, each_source};
use crate::harvest::folder::Folder as Place;
use crate::harvest::run::Settings;
use crate::harvest::summary::DataFile;
use crate::harvest::{HarvestError, hash};
use crate::hk::Query;
use crate::table::{Column, Dataset, Folder, Gathered, Provenance};

/// Writes a dataset of Parquet files into a folder that takes the place of the last one.
pub(super) fn write(
    (place, fresh): (&Place, &Fresh),
    sources: &[Source<'_>],
    settings: &Settings,
) -> Result<Written, HarvestError> {
    let name = settings.format.file();
    let path = place.path().join(name);
    place.replace_folder(name, |folder| {
        let mut dataset = Gathered::new(Dataset::new(Folder::new(folder)));
        let mut last: *const Query = std::ptr::null();
        let mut provenance = Provenance::default();
        let (rows, tally, refused) = each_source(place, fresh, sources, Column::ALL, |query, view, row| {
            // Rows of one planned query follow one another.
            if !std::ptr::eq(last, query) {
                last = query;
                provenance = Provenance::of_query(query).source(&settings.service);
            }
            dataset.push(view, row, &provenance).map_err(failed(&path))
        })?;
        let written = dataset.finish().map_err(failed(&path))?;
        let files = written.into_iter().map(|file| {
            let mut hashing = Hashing::new(io::sink());
            io::copy(&mut File::open(folder.join(&file.path))?, &mut hashing)?;
            hashing.end(&file.path, file.rows as u64)
        });
        let files = files.collect::<io::Result<Vec<_>>>().map_err(failed(&path))?;
        let list: String = files.iter().map(|file| format!("{}  {}\n", file.sha256, file.file)).collect();
        let bytes = files.iter().map(|file| file.bytes).sum();
        let file = DataFile { file: name.to_owned(), sha256: hash(list.as_bytes()), rows, bytes, files };
        Ok(Written { file, tally, refused })
    })
}
