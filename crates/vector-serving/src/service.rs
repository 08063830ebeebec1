//! The store's thread, and what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use vector_store::Store;
use vector_store::file::Lock;

use crate::batch::{self, Job};
use crate::bodies::{FilterBody, SearchResult};
use crate::error::ApiError;
use crate::filters::Filters;

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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            file: None,
            save_each_change: false,
            most_waiting: 1024,
        }
    }
}

/// A store on a thread of its own. Clones lead to the same store.
#[derive(Clone)]
pub struct Service {
    commands: SyncSender<Command>,
    closed: Arc<AtomicBool>,
    most_waiting: usize,
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
    filters: Filters,
    file: Option<Lock>,
    save_each_change: bool,
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
        let served = Served {
            store,
            unsaved: false,
            queries: 0,
            batches: 0,
            filters: Filters::default(),
            file: options.file,
            save_each_change: options.save_each_change,
        };
        let thread = std::thread::Builder::new().name("vector store".to_owned());
        let thread = thread.spawn(move || served.run(&waiting))?;
        let service = Self {
            commands,
            closed: Arc::default(),
            most_waiting: options.most_waiting,
        };
        Ok((service, thread))
    }

    /// Takes no more requests. What waits is answered, then changes are saved and the thread ends.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            // Where the thread has ended already there is nobody to tell.
            let _ = self.commands.send(Command::End);
        }
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
        }
        self.save_at_the_end()
    }

    fn answer(&mut self, jobs: Vec<Job>) {
        if !jobs.is_empty() {
            self.queries += jobs.iter().map(|job| job.count as u64).sum::<u64>();
            self.batches += batch::answer(&self.store, &mut self.filters, jobs);
        }
    }

    /// To be called after each change; says whether the file holds it.
    pub(crate) fn changed(&mut self) -> Result<bool, ApiError> {
        self.filters.clear();
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
}
