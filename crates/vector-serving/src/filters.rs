//! Filters that were asked for lately: a device keeps a copy of each.

use std::collections::HashSet;

use vector_store::Store;
use vector_store::engine::Result;
use vector_store::store::{Condition, Filter};

use crate::bodies::FilterBody;

/// How many are kept.
const KEPT: usize = 16;

/// Filters by what was asked, the latest last. A change of the store makes them stale.
#[derive(Default)]
pub(crate) struct Filters(Vec<(FilterBody, Filter)>);

impl Filters {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn get(&mut self, store: &Store, body: &FilterBody) -> Result<&Filter> {
        let kept = self.0.iter().position(|(of, _)| of == body);
        let entry = match kept {
            Some(place) => self.0.remove(place),
            None => (body.clone(), make(store, body)?),
        };
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(entry);
        Ok(&self.0[self.0.len() - 1].1)
    }
}

fn make(store: &Store, body: &FilterBody) -> Result<Filter> {
    let everything = Condition::All(Vec::new());
    let condition = body.condition.as_ref();
    let Some(ids) = &body.ids else {
        return Ok(store.filter_where(condition.unwrap_or(&everything)));
    };
    let by_id = store.filter_ids(ids)?;
    let Some(condition) = condition else {
        return Ok(by_id);
    };
    let ids: HashSet<&str> = ids.iter().map(String::as_str).collect();
    Ok(store.filter_by(|id, metadata| ids.contains(id) && condition.holds(metadata)))
}
