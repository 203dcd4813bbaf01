use std::fs::File;
use std::io;

use super::{Hashing, Origin, Written, failed};
use crate::harvest::data::{Fresh, Source, each_source};
use crate::harvest::folder::Folder as Place;
use crate::harvest::run::Settings;
use crate::harvest::summary::DataFile;
use crate::harvest::{HarvestError, hash};
use crate::table::{Column, Dataset, Folder, Gathered};

/// Whether a file's name is one of a dataset of a name; hidden ones are what file managers leave.
pub(in crate::harvest) fn is_of(file: &str, dataset: &str) -> bool {
    file.starts_with('.')
        || file.strip_prefix("part-").and_then(|rest| rest.strip_prefix(dataset)).is_some()
            && file.ends_with(".parquet")
}

/// Writes a dataset of Parquet files into a folder that takes the place of the last one.
pub(super) fn write(
    (place, fresh): (&Place, &Fresh),
    sources: &[Source<'_>],
    settings: &Settings,
) -> Result<Written, HarvestError> {
    let name = settings.format.file();
    let path = place.path().join(name);
    let request = sources.first().map(|source| source.plan.request());
    let own = request.map(|request| request.dataset_name(&settings.service));
    let is_own = |file: &str| is_of(file, own.as_deref().unwrap_or_default());
    place.replace_folder(name, is_own, |folder| {
        let dataset = Dataset::new(Folder::new(folder));
        let mut dataset = Gathered::new(match request {
            // So that several harvests have room in one place, each beside the others. The first source is of the request that
            // the folder was begun for.
            Some(request) => dataset.named(&request.dataset_name(&settings.service)),
            None => dataset,
        });
        let mut origin = Origin::of(settings);
        let (rows, tally, refused) = each_source(place, fresh, sources, Column::ALL, |query, view, row| {
            dataset.push(view, row, origin.told(query)).map_err(failed(&path))
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
