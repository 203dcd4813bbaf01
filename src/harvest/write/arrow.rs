use std::collections::HashMap;
use std::io::BufWriter;
use std::sync::Arc;

use arrow_ipc::writer::FileWriter;

use super::{Hashing, Origin, Written, failed};
use crate::harvest::HarvestError;
use crate::harvest::data::{Fresh, Source, each_source};
use crate::harvest::folder::Folder;
use crate::harvest::run::Settings;
use crate::table::{Column, Gather, Notes, plain_arrow, schema};

/// Rows of one batch.
const BATCH: usize = 64 << 10;

/// Writes an Arrow IPC file: the texts of all batches first, as such a file needs them, then the rows.
pub(super) fn write(
    (folder, fresh): (&Folder, &Fresh),
    sources: &[Source<'_>],
    settings: &Settings,
) -> Result<Written, HarvestError> {
    let name = settings.format.file();
    let path = folder.path().join(name);
    let (mut gather, mut notes, mut origin) = (Gather::default(), Notes::default(), Origin::of(settings));
    let (statistic, unit) = (Column::Statistic.place(), Column::Unit.place());
    each_source(folder, fresh, sources, Column::ALL, |query, view, row| {
        notes.row(view.text(row, statistic), view.text(row, unit), origin.told(query));
        gather.learn(view, row).map_err(plain_arrow).map_err(failed(&path))
    })?;
    gather.share().map_err(plain_arrow).map_err(failed(&path))?;
    folder.write(name, |out| {
        let hashing = Hashing::new(BufWriter::new(out));
        let metadata: HashMap<_, _> = notes.told().map_err(failed(&path))?.into_iter().collect();
        let schema = schema().as_ref().clone().with_metadata(metadata);
        let schema = Arc::new(schema);
        let failed = |error| failed(&path)(plain_arrow(error));
        let mut file = FileWriter::try_new(hashing, &schema).map_err(failed)?;
        let mut flush = |gather: &mut Gather| {
            let batch = gather.batch().and_then(|batch| batch.with_schema(Arc::clone(&schema)));
            file.write(&batch?)
        };
        let (rows, tally, refused) = each_source(folder, fresh, sources, Column::ALL, |_, view, row| {
            gather.push(view, row).map_err(failed)?;
            if gather.rows() < BATCH { Ok(()) } else { flush(&mut gather).map_err(failed) }
        })?;
        if gather.rows() > 0 {
            flush(&mut gather).map_err(failed)?;
        }
        file.finish().map_err(failed)?;
        let hashing = file.into_inner().map_err(failed)?;
        let file = hashing.end(name, rows).map_err(super::failed(&path))?;
        Ok(Written { file, tally, refused })
    })
}
