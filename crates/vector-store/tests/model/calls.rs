//! What a program does with a store.

use proptest::prelude::*;

use super::plain::{Entry, Failure, Plain};
use super::refusing::REFUSED;
use vector_store::store::{Condition, Metadata, Search, Store};
use vector_store::{Error, store::Filter};

#[derive(Debug, Clone)]
pub(crate) enum Call {
    Add(Vec<Entry>),
    Upsert(Vec<Entry>),
    Remove(Vec<String>),
    Compact,
    Clear,
    Reload,
    Search {
        queries: Vec<Vec<f32>>,
        k: usize,
        wanted: Wanted,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    All,
    Ids(Vec<String>),
    Colour(String),
    NotColour(String),
}

/// What came back: counts, or ids with the bits of their scores.
pub(crate) type Answer<E = Failure> = Result<(usize, Vec<Vec<(String, u32)>>), E>;

impl Call {
    pub(crate) fn on_store(&self, store: &mut Store) -> Answer {
        let count = |count| (count, Vec::new());
        match self {
            Self::Add(entries) => {
                let (ids, numbers, metadata) = parts(entries);
                store.add(&ids, &numbers, &metadata).map(|_| count(0))
            }
            Self::Upsert(entries) => {
                let (ids, numbers, metadata) = parts(entries);
                store
                    .upsert(&ids, &numbers, &metadata)
                    .map(|done| count(done.replaced))
            }
            Self::Remove(ids) => store.remove(ids).map(count),
            Self::Compact => match store.compact() {
                // That is no more than a store whose rows stay where they are.
                Err(Error::Other(text)) if text == REFUSED => Ok(count(0)),
                done => done.map(|()| count(0)),
            },
            Self::Clear => store.clear().map(|()| count(0)),
            Self::Reload => Ok(count(0)),
            Self::Search { queries, k, wanted } => on_store(store, queries, *k, wanted),
        }
        .map_err(|error| match error {
            Error::Duplicate { .. } => Failure::Duplicate,
            Error::NoId { .. } => Failure::NoId,
            Error::NotFinite { .. } => Failure::NotFinite,
            _ => Failure::Other,
        })
    }

    pub(crate) fn on_plain(&self, plain: &mut Plain) -> Answer {
        let count = |count| (count, Vec::new());
        match self {
            Self::Add(entries) => plain.add(entries, false).map(count),
            Self::Upsert(entries) => plain.add(entries, true).map(count),
            Self::Remove(ids) => plain.remove(ids).map(count),
            Self::Compact | Self::Reload => Ok(count(0)),
            Self::Clear => {
                plain.entries.clear();
                Ok(count(0))
            }
            Self::Search { queries, k, wanted } => on_plain(plain, queries, *k, wanted),
        }
    }
}

fn on_store(store: &Store, queries: &[Vec<f32>], k: usize, wanted: &Wanted) -> Answer<Error> {
    let filter: Option<Filter> = match wanted {
        Wanted::All => None,
        Wanted::Ids(ids) => Some(store.filter_ids(ids)?),
        Wanted::Colour(colour) => Some(store.filter_where(&is(colour))),
        Wanted::NotColour(colour) => {
            Some(store.filter_by(|_, metadata| metadata.get("colour") != Some(colour)))
        }
    };
    let numbers = queries.concat();
    let search = Search {
        filter: filter.as_ref(),
        ..Search::new(&numbers, k)
    };
    let found = store.search(&search)?;
    let bits = |found: Vec<vector_store::Found>| {
        found
            .into_iter()
            .map(|one| (one.id.to_string(), one.score.to_bits()))
            .collect()
    };
    Ok((0, found.into_iter().map(bits).collect()))
}

fn on_plain(plain: &Plain, queries: &[Vec<f32>], k: usize, wanted: &Wanted) -> Answer {
    if queries.iter().flatten().any(|number| !number.is_finite()) {
        // A filter is made first.
        return match wanted {
            Wanted::Ids(ids) if !known(plain, ids) => Err(Failure::NoId),
            _ => Err(Failure::NotFinite),
        };
    }
    if let Wanted::Ids(ids) = wanted
        && !known(plain, ids)
    {
        return Err(Failure::NoId);
    }
    let passes = |entry: &Entry| match wanted {
        Wanted::All => true,
        Wanted::Ids(ids) => ids.contains(&entry.id),
        Wanted::Colour(colour) => entry.metadata.get("colour") == Some(colour),
        Wanted::NotColour(colour) => entry.metadata.get("colour") != Some(colour),
    };
    let bits = |(id, score): (String, f32)| (id, score.to_bits());
    let of_query = |query: &Vec<f32>| {
        plain
            .search(query, k, passes)
            .into_iter()
            .map(bits)
            .collect()
    };
    Ok((0, queries.iter().map(of_query).collect()))
}

fn known(plain: &Plain, ids: &[String]) -> bool {
    ids.iter()
        .all(|id| plain.entries.iter().any(|entry| entry.id == *id))
}

fn is(colour: &str) -> Condition {
    Condition::Equals {
        key: "colour".to_owned(),
        value: colour.to_owned(),
    }
}

fn parts(entries: &[Entry]) -> (Vec<&str>, Vec<f32>, Vec<Metadata>) {
    (
        entries.iter().map(|entry| entry.id.as_str()).collect(),
        entries
            .iter()
            .flat_map(|entry| entry.numbers.clone())
            .collect(),
        entries.iter().map(|entry| entry.metadata.clone()).collect(),
    )
}

/// Small integers with many ties, fractions, vectors far from the origin, and now and then a NaN.
fn numbers(dimension: usize) -> impl Strategy<Value = Vec<f32>> {
    let vector = |number: BoxedStrategy<f32>| prop::collection::vec(number, dimension);
    let fraction = |offset: i32| (-64i32..65).prop_map(move |n| (offset * 64 + n) as f32 / 64.0);
    prop_oneof![
        8 => vector((-2i8..3).prop_map(f32::from).boxed()),
        6 => vector(fraction(0).boxed()),
        6 => vector(fraction(1000).boxed()),
        1 => vector(Just(0.0).boxed()),
        1 => vector(prop_oneof![9 => Just(1.0), 1 => Just(f32::NAN)].boxed()),
    ]
}

fn id() -> impl Strategy<Value = String> {
    (0u8..24).prop_map(|number| format!("id {number}"))
}

fn colour() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["red", "blue"]).prop_map(str::to_owned)
}

fn entry(dimension: usize) -> impl Strategy<Value = Entry> {
    let colour = prop::option::of(colour());
    (id(), numbers(dimension), colour).prop_map(|(id, numbers, colour)| Entry {
        id,
        numbers,
        metadata: colour
            .map(|colour| ("colour".to_owned(), colour))
            .into_iter()
            .collect(),
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        3 => Just(Wanted::All),
        1 => prop::collection::vec(id(), 0..3).prop_map(Wanted::Ids),
        1 => colour().prop_map(Wanted::Colour),
        1 => colour().prop_map(Wanted::NotColour),
    ]
}

pub(crate) fn calls(dimension: usize) -> impl Strategy<Value = Call> {
    let entries = move |most| prop::collection::vec(entry(dimension), 0..most);
    let queries = prop::collection::vec(numbers(dimension), 0..4);
    let k = prop_oneof![0usize..6, Just(100)];
    prop_oneof![
        4 => entries(4).prop_map(Call::Add),
        4 => entries(6).prop_map(Call::Upsert),
        3 => prop::collection::vec(id(), 0..4).prop_map(Call::Remove),
        1 => Just(Call::Compact),
        8 => (queries, k, wanted()).prop_map(|(queries, k, wanted)| Call::Search { queries, k, wanted }),
        // Rare, or nothing is ever there.
        1 => prop_oneof![3 => Just(Call::Reload), 1 => Just(Call::Clear)],
    ]
}
