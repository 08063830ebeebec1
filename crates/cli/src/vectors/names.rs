//! What vectors of a file are called.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use vector_store::Store;
use vector_store::input::{Batch, Error};
use vector_store::store::MAX_ID;

use crate::failure::Failure;

/// Ids from this number on are names like others: numbering does not go on from them.
const LARGE: u64 = 1 << 63;

/// Ids from a list, from the file itself, or numbers that no vector has. Each id comes once in a file,
/// however many batches it is read in.
pub(super) struct Names {
    given: Option<(PathBuf, std::vec::IntoIter<String>)>,
    file: PathBuf,
    /// Whether an id of the store may come.
    upsert: bool,
    /// The ids that came with the vectors, and where.
    seen: HashMap<String, String>,
    /// The numbers from `first` on and below `next` that were not seen have been given.
    first: u64,
    next: u64,
}

impl Names {
    /// For vectors of `file`, with ids from the file that is `given`, if any.
    pub(super) fn new(
        store: &Store,
        file: &Path,
        given: Option<(&Path, Vec<String>)>,
        upsert: bool,
    ) -> Self {
        let numbers = store
            .entries()
            .filter_map(|entry| entry.id.parse::<u64>().ok());
        let greatest = numbers.filter(|number| *number < LARGE).max();
        let first = greatest.map_or(0, |number| number + 1);
        Self {
            given: given.map(|(path, ids)| (path.to_owned(), ids.into_iter())),
            file: file.to_owned(),
            upsert,
            seen: HashMap::new(),
            first,
            next: first,
        }
    }

    /// The ids of a batch.
    pub(super) fn of(&mut self, store: &Store, batch: &Batch) -> Result<Vec<String>, Failure> {
        let ids = batch.ids.iter().enumerate();
        ids.map(|(index, id)| self.name(store, batch, index, id.as_deref()))
            .collect()
    }

    fn name(
        &mut self,
        store: &Store,
        batch: &Batch,
        index: usize,
        in_file: Option<&str>,
    ) -> Result<String, Failure> {
        let (id, path, at) = match (&mut self.given, in_file) {
            (Some((path, given)), _) => {
                let too_few =
                    || Failure::Usage("--ids has fewer lines than there are vectors".to_owned());
                let line = format!("line {}", batch.first + index + 1);
                (given.next().ok_or_else(too_few)?, path.clone(), line)
            }
            (None, Some(id)) => (id.to_owned(), self.file.clone(), batch.place(index)),
            (None, None) => return Ok(self.number(store)),
        };
        match self.fault(store, &id) {
            Some(reason) => Err(Error::Format { path, at, reason }.into()),
            None => {
                self.seen.insert(id.clone(), at);
                Ok(id)
            }
        }
    }

    /// Why a vector cannot have this id.
    fn fault(&self, store: &Store, id: &str) -> Option<String> {
        if id.is_empty() || id.len() > MAX_ID {
            return Some(format!(
                "an id of {} bytes; ids have 1 to {MAX_ID}",
                id.len()
            ));
        }
        if let Some(place) = self.seen.get(id) {
            return Some(format!("the id `{id}` is in this file twice: see {place}"));
        }
        if self.was_given(id) {
            return Some(format!(
                "the id `{id}` is the number that a vector before it was given, as it has no id; give \
                 an id to every vector, or to none"
            ));
        }
        (!self.upsert && store.row(id).is_some())
            .then(|| format!("the id `{id}` is in the store; ids are unique (--upsert replaces)"))
    }

    fn was_given(&self, id: &str) -> bool {
        let number = id.parse::<u64>();
        number.is_ok_and(|number| {
            (self.first..self.next).contains(&number) && number.to_string() == id
        })
    }

    /// The next number that is no id yet.
    fn number(&mut self, store: &Store) -> String {
        loop {
            let number = self.next.to_string();
            // A file of 2⁶³ vectors there is none.
            self.next += 1;
            if !self.seen.contains_key(&number) && store.row(&number).is_none() {
                return number;
            }
        }
    }

    /// Whether all ids that were given have a vector.
    pub(super) fn check_end(&self, vectors: usize) -> Result<(), Failure> {
        match &self.given {
            Some((path, left)) if left.len() > 0 => Err(Failure::Usage(format!(
                "{} has {} ids for {vectors} vectors",
                path.display(),
                left.len() + vectors
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vector_store::{Config, Metric};

    fn batch(first: usize, ids: &[Option<&str>]) -> Batch {
        Batch {
            rows: vec![0.0; ids.len()],
            dimension: 1,
            ids: ids.iter().map(|id| id.map(str::to_owned)).collect(),
            first,
            ..Batch::default()
        }
    }

    #[test]
    fn numbers_are_those_that_nothing_has() {
        let mut store = Store::open("cpu", Config::new(1, Metric::L2)).unwrap();
        let ids = ["7", "x", "18446744073709551615"];
        store.add(&ids, &[0.0; 3], &[]).unwrap();
        let mut names = Names::new(&store, Path::new("f"), None, true);
        let ids = names.of(&store, &batch(0, &[Some("9"), None, None, Some("7")]));
        assert_eq!(ids.unwrap(), ["9", "8", "10", "7"]);
        for (id, part) in [
            ("9", "twice: see vector 0"),
            ("10", "was given"),
            ("7", "twice: see vector 3"),
            ("", "0 bytes"),
        ] {
            let error = names.of(&store, &batch(4, &[Some(id)])).unwrap_err();
            let error = error.to_string();
            assert!(
                error.contains(part) && error.contains("vector 4"),
                "{error}"
            );
        }
        let ids = names.of(&store, &batch(5, &[Some("18446744073709551615"), None]));
        assert_eq!(ids.unwrap(), ["18446744073709551615", "11"]);
    }

    #[test]
    fn ids_of_the_store_come_only_where_they_may() {
        let mut store = Store::open("cpu", Config::new(1, Metric::L2)).unwrap();
        store.add(&["a"], &[0.0], &[]).unwrap();
        let given = || Some((Path::new("ids"), vec!["a".to_owned()]));
        let mut names = Names::new(&store, Path::new("f"), given(), false);
        let error = names
            .of(&store, &batch(0, &[None]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("ids, line 1: the id `a` is in the store"),
            "{error}"
        );
        let mut names = Names::new(&store, Path::new("f"), given(), true);
        assert_eq!(names.of(&store, &batch(0, &[None])).unwrap(), ["a"]);
    }
}
