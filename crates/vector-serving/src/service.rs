//! The store's thread, and what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use vector_store::Store;
use vector_store::file::Lock;

use crate::batch::{Job, Searcher};
use crate::bodies::{FilterBody, SearchResult};
use crate::error::ApiError;

/// How a store is served.
#[derive(Debug)]
pub struct Options {
    /// The store's file; without it the store lives as long as the server.
    pub file: Option<Lock>,
    /// Whether each change is saved before it is answered. Without it, changes are saved when that is
    /// asked for and at the end.
    pub save_each_change: bool,
    /// How many requests may wait; more are refused.
    pub most_waiting: usize,
    /// How many results one request may ask for: its queries times the results of each, of which
    /// there are no more than vectors. It bounds the memory that an answer takes.
    pub most_results: usize,
    /// Bytes of the longest body.
    pub largest_body: usize,
    /// Whether changes are refused.
    pub read_only: bool,
}

/// Four million results take some hundred MB, and as much again as JSON.
pub const MOST_RESULTS: usize = 1 << 22;

/// Eight thousand vectors of 768 numbers take about 64 MB as JSON.
pub const LARGEST_BODY: usize = 64 << 20;

impl Default for Options {
    fn default() -> Self {
        Self {
            file: None,
            save_each_change: false,
            most_waiting: 1024,
            most_results: MOST_RESULTS,
            largest_body: LARGEST_BODY,
            read_only: false,
        }
    }
}

/// A store on a thread of its own. Clones lead to the same store.
#[derive(Clone)]
pub struct Service {
    commands: SyncSender<Command>,
    closed: Arc<AtomicBool>,
    cancelled: Arc<AtomicBool>,
    dimension: usize,
    most_waiting: usize,
    largest_body: usize,
}

enum Command {
    Search(Job),
    Other(Box<dyn FnOnce(&mut Served) + Send>),
    End,
}

/// What is on the thread.
pub(crate) struct Served {
    pub(crate) store: Store,
    pub(crate) unsaved: bool,
    pub(crate) queries: u64,
    pub(crate) batches: u64,
    searcher: Searcher,
    closed: Arc<AtomicBool>,
    file: Option<Lock>,
    save_each_change: bool,
    read_only: bool,
}

impl Service {
    /// Starts the thread. Its handle gives, when [`Service::close`] has been called and all that
    /// waited is answered, whether the last changes could be saved.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        store: Store,
        options: Options,
    ) -> std::io::Result<(Self, JoinHandle<Result<(), vector_store::Error>>)> {
        let (commands, waiting) = sync_channel(options.most_waiting);
        let service = Self {
            commands,
            closed: Arc::default(),
            cancelled: Arc::default(),
            dimension: store.dimension(),
            most_waiting: options.most_waiting,
            largest_body: options.largest_body,
        };
        let served = Served {
            store,
            unsaved: false,
            queries: 0,
            batches: 0,
            searcher: Searcher::new(options.most_results, service.cancelled.clone()),
            closed: service.closed.clone(),
            file: options.file,
            save_each_change: options.save_each_change,
            read_only: options.read_only,
        };
        let thread = std::thread::Builder::new().name("vector store".to_owned());
        let thread = thread.spawn(move || served.run(&waiting))?;
        Ok((service, thread))
    }

    /// Takes no more requests. What waits is answered, then changes are saved and the thread ends.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            // Where the thread has ended already there is nobody to tell; where there is no room the
            // thread sees that it is closed when it has answered all that waits.
            let _ = self.commands.try_send(Command::End);
        }
    }

    /// Calls off searches, those that wait and the rest of the one that goes on: they are answered by
    /// [`ApiError::Cancelled`]. Changes are made as before.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// How many numbers a vector has.
    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    /// Bytes of the longest body.
    pub(crate) fn largest_body(&self) -> usize {
        self.largest_body
    }

    pub(crate) async fn search(
        &self,
        queries: Vec<f32>,
        count: usize,
        k: usize,
        filter: Option<FilterBody>,
    ) -> Result<Vec<SearchResult>, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Search(Job {
            queries,
            count,
            k,
            filter,
            reply,
        }))?;
        answer.await.unwrap_or(Err(ApiError::ShuttingDown))
    }

    /// Does something with the store.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Served) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Other(Box::new(move |served| {
            // A change is made whether or not its client still waits: it may have been told so.
            let _ = reply.send(task(served));
        })))?;
        answer.await.unwrap_or(Err(ApiError::ShuttingDown))
    }

    fn send(&self, command: Command) -> Result<(), ApiError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(ApiError::ShuttingDown);
        }
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                TrySendError::Full(_) => ApiError::QueueFull {
                    waiting: self.most_waiting,
                },
                TrySendError::Disconnected(_) => ApiError::ShuttingDown,
            })
    }
}

impl Served {
    fn run(mut self, waiting: &Receiver<Command>) -> Result<(), vector_store::Error> {
        let mut jobs = Vec::new();
        // One command is waited for; all that came in the meantime belong to the same round.
        while let Ok(first) = waiting.recv() {
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Search(job) => jobs.push(job),
                    Command::Other(task) => {
                        self.answer(std::mem::take(&mut jobs));
                        task(&mut self);
                    }
                    Command::End => {
                        self.answer(jobs);
                        return self.save_at_the_end();
                    }
                }
                next = waiting.try_recv().ok();
            }
            self.answer(std::mem::take(&mut jobs));
            if self.closed.load(Ordering::SeqCst) {
                break;
            }
        }
        self.save_at_the_end()
    }

    fn answer(&mut self, jobs: Vec<Job>) {
        if !jobs.is_empty() {
            self.queries += jobs.iter().map(|job| job.count as u64).sum::<u64>();
            self.batches += self.searcher.answer(&self.store, jobs);
        }
    }

    /// To be called before each change.
    pub(crate) fn writable(&self) -> Result<(), ApiError> {
        match self.read_only {
            true => Err(ApiError::ReadOnly),
            false => Ok(()),
        }
    }

    /// To be called after each change; says whether the file holds it.
    pub(crate) fn changed(&mut self) -> Result<bool, ApiError> {
        self.searcher.filters.clear();
        self.unsaved = true;
        if self.save_each_change && self.file.is_some() {
            self.save().map_err(|error| match error {
                ApiError::Store(error) => ApiError::NotSaved(error),
                other => other,
            })?;
        }
        Ok(!self.unsaved)
    }

    pub(crate) fn save(&mut self) -> Result<(), ApiError> {
        self.writable()?;
        let file = self.file.as_ref().ok_or(ApiError::NoFile)?;
        self.store.save_under(file)?;
        self.unsaved = false;
        Ok(())
    }

    fn save_at_the_end(&mut self) -> Result<(), vector_store::Error> {
        match &self.file {
            Some(file) if self.unsaved => self.store.save_under(file),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vector_store::{Config, Metric, Search};

    fn store() -> Store {
        let mut store = Store::open("cpu", Config::new(1, Metric::L2)).unwrap();
        let ids: Vec<String> = (0..50).map(|row| row.to_string()).collect();
        let rows: Vec<f32> = (0..50).map(|row| (row % 7) as f32).collect();
        store.add(&ids, &rows, &[]).unwrap();
        store
    }

    /// Holds the store's thread until the sender is used or dropped.
    async fn hold(service: &Service) -> std::sync::mpsc::Sender<()> {
        let (release, held) = std::sync::mpsc::channel::<()>();
        service
            .send(Command::Other(Box::new(move |_| {
                let _ = held.recv();
            })))
            .unwrap();
        release
    }

    #[tokio::test]
    async fn requests_that_wait_are_one_search_with_each_its_answer() {
        let (service, _thread) = Service::start(store(), Options::default()).unwrap();
        let release = hold(&service).await;
        let requests = (0..40usize).map(|number| {
            let service = service.clone();
            tokio::spawn(async move {
                let query = vec![number as f32 * 0.2];
                service.search(query, 1, number % 12, None).await.unwrap()
            })
        });
        let requests: Vec<_> = requests.collect();
        tokio::task::yield_now().await;
        release.send(()).unwrap();
        let alone = store();
        for (number, request) in requests.into_iter().enumerate() {
            let found = request.await.unwrap();
            let query = [number as f32 * 0.2];
            let expected = alone.search(&Search::new(&query, number % 12)).unwrap();
            let rows: Vec<usize> = expected[0].iter().map(|found| found.row).collect();
            assert_eq!(found[0].rows, rows, "{number}");
        }
        let counts = service.with(|served| Ok((served.queries, served.batches)));
        assert_eq!(counts.await.unwrap(), (40, 1));
    }

    #[tokio::test]
    async fn one_wrong_request_of_a_batch_is_refused_alone() {
        let (service, _thread) = Service::start(store(), Options::default()).unwrap();
        let release = hold(&service).await;
        let search = |query: Vec<f32>, count| {
            let service = service.clone();
            tokio::spawn(async move { service.search(query, count, 3, None).await })
        };
        let right = search(vec![1.0], 1);
        let wrong = search(vec![f32::NAN], 1);
        let long = search(vec![1.0, 2.0], 1);
        tokio::task::yield_now().await;
        release.send(()).unwrap();
        assert_eq!(right.await.unwrap().unwrap()[0].scores, [0.0; 3]);
        assert_eq!(wrong.await.unwrap().unwrap_err().code(), "not_finite");
        assert_eq!(long.await.unwrap().unwrap_err().code(), "bad_dimension");
    }

    #[tokio::test]
    async fn more_requests_than_may_wait_are_refused() {
        let options = Options {
            most_waiting: 2,
            ..Options::default()
        };
        let (service, _thread) = Service::start(store(), options).unwrap();
        let release = hold(&service).await;
        // The thread takes what holds it out of the queue at some time.
        let mut refused = None;
        for _ in 0..4 {
            let (reply, _) = oneshot::channel();
            let queries = vec![0.0];
            let job = Job {
                queries,
                count: 1,
                k: 1,
                filter: None,
                reply,
            };
            refused = service.send(Command::Search(job)).err().or(refused);
        }
        assert_eq!(refused.unwrap().code(), "queue_full");
        release.send(()).unwrap();
    }

    #[tokio::test]
    async fn searches_that_are_called_off_are_answered_and_changes_are_made() {
        let (service, thread) = Service::start(store(), Options::default()).unwrap();
        let release = hold(&service).await;
        let spawned = |count: usize| {
            let service = service.clone();
            tokio::spawn(async move { service.search(vec![0.5; count], count, 2, None).await })
        };
        let searches = [spawned(1), spawned(3000), spawned(7)];
        let change = service.clone();
        let change = tokio::spawn(async move {
            let change = change.with(|served| {
                served.store.add(&["new"], &[1.0], &[])?;
                Ok(served.store.len())
            });
            change.await
        });
        tokio::task::yield_now().await;
        service.cancel();
        service.close();
        release.send(()).unwrap();
        for search in searches {
            let error = search.await.unwrap().unwrap_err();
            assert_eq!((error.code(), error.status().as_u16()), ("cancelled", 503));
        }
        assert_eq!(change.await.unwrap().unwrap(), 51);
        tokio::task::spawn_blocking(move || thread.join().unwrap().unwrap())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_full_queue_does_not_keep_a_service_from_closing() {
        let options = Options {
            most_waiting: 2,
            ..Options::default()
        };
        let (service, thread) = Service::start(store(), options).unwrap();
        let release = hold(&service).await;
        let mut sent = 0;
        while sent < 50
            && service
                .send(Command::Other(Box::new(|served| served.queries += 1)))
                .is_ok()
        {
            sent += 1;
        }
        service.close();
        release.send(()).unwrap();
        tokio::task::spawn_blocking(move || thread.join().unwrap().unwrap())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn no_search_has_more_results_than_are_allowed() {
        let options = Options {
            most_results: 100,
            ..Options::default()
        };
        let (service, _thread) = Service::start(store(), options).unwrap();
        let release = hold(&service).await;
        let search = |count: usize, k| {
            let service = service.clone();
            tokio::spawn(async move { service.search(vec![0.5; count], count, k, None).await })
        };
        let (right, other, wrong) = (search(2, 50), search(1, 60), search(3, usize::MAX));
        tokio::task::yield_now().await;
        release.send(()).unwrap();
        assert_eq!(right.await.unwrap().unwrap()[1].rows.len(), 50);
        assert_eq!(other.await.unwrap().unwrap()[0].rows.len(), 50);
        let error = wrong.await.unwrap().unwrap_err();
        assert_eq!(
            (error.code(), error.status().as_u16()),
            ("too_many_results", 400)
        );
        let message = error.to_string();
        assert!(
            message.contains("3 queries")
                && message.contains("50 vectors")
                && message.contains("100")
        );
        // The two that are right are 150 results: not one search.
        let counts = service.with(|served| Ok(served.batches));
        assert_eq!(counts.await.unwrap(), 2);
    }
}
