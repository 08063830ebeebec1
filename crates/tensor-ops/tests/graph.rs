//! Ops noted once and launched many times, on emulated GPUs.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use common::{contexts, download, upload, view};
use redwick_tensor_ops::{Context, DType, Error, Layout, Result, Storage, hip, ops};

fn binary(op: ops::BinaryOp, a: &Storage, b: &Storage) -> Result<Storage> {
    let layout = Layout::contiguous(&[a.len()]);
    ops::binary(op, view(a, &layout), view(b, &layout))
}

/// `(x + x) * x`, with a temporary.
fn work(x: &Storage) -> Result<Storage> {
    binary(ops::BinaryOp::Mul, &binary(ops::BinaryOp::Add, x, x)?, x)
}

/// Puts numbers where others were.
fn replace(x: &mut Storage, by: &[f32]) {
    let from = upload(x.context(), DType::F32, by);
    let layout = Layout::contiguous(&[by.len()]);
    ops::copy_into(view(&from, &layout), x, 0).unwrap();
}

fn numbers(context: &Context, values: &[f32]) -> Storage {
    upload(context, DType::F32, values)
}

#[test]
fn a_graph_does_the_work_at_each_launch() {
    for context in contexts() {
        let mut x = numbers(&context, &[1.0, 2.0, 3.0]);
        let once = work(&x).unwrap();
        let (graph, y) = context.capture(|| work(&x)).unwrap();
        assert_eq!((graph.nodes(), graph.context()), (2, &context));
        assert_eq!(download::<f32>(&once), [2.0, 8.0, 18.0]);
        for values in [[1.0f32, -1.0, 0.5], [4.0, 5.0, 6.0]] {
            replace(&mut x, &values);
            graph.launch().unwrap();
            // What comes between uses other memory.
            let between: Vec<Storage> = (0..8).map(|_| numbers(&context, &[9.0; 3])).collect();
            assert_eq!(download::<f32>(&y), values.map(|v| 2.0 * v * v));
            drop(between);
        }
    }
}

#[test]
fn a_graph_may_outlive_its_operands() {
    for context in contexts() {
        let x = numbers(&context, &[3.0; 64]);
        let (graph, y) = context.capture(|| work(&x)).unwrap();
        drop((x, y));
        assert!(context.memory().reserved > 0);
        let others: Vec<Storage> = (0..8).map(|_| numbers(&context, &[7.0; 64])).collect();
        graph.launch().unwrap();
        context.trim().unwrap();
        graph.launch().unwrap();
        for other in &others {
            assert_eq!(download::<f32>(other), [7.0; 64]);
        }
        drop(graph);
        assert_eq!(context.memory().reserved, 0);
    }
}

#[test]
fn what_waits_cannot_be_captured() {
    for context in contexts() {
        let x = numbers(&context, &[1.0; 4]);
        let failures: [&dyn Fn() -> Result<()>; 3] = [
            &|| context.synchronize(),
            &|| x.download(&mut [0; 16]),
            &|| Storage::upload(&context, DType::F32, &[0; 16]).map(drop),
        ];
        for failure in failures {
            let error = context.capture(failure).unwrap_err();
            let of_driver = matches!(error, Error::Hip(hip::Error::NotCapturable { .. }));
            assert!(of_driver, "{error}");
        }
        assert_eq!(download::<f32>(&work(&x).unwrap()), [2.0; 4]);
    }
}

#[test]
fn other_threads_wait_for_a_capture() {
    let context = contexts().next().unwrap();
    let x = numbers(&context, &[1.5; 4]);
    work(&x).unwrap();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    (0..20)
                        .map(|_| download::<f32>(&work(&x).unwrap()))
                        .collect()
                })
            })
            .collect();
        for _ in 0..20 {
            let (graph, y) = context.capture(|| work(&x)).unwrap();
            assert_eq!(graph.nodes(), 2);
            graph.launch().unwrap();
            assert_eq!(download::<f32>(&y), [4.5; 4]);
        }
        for worker in workers {
            let results: Vec<Vec<f32>> = worker.join().unwrap();
            assert!(results.iter().all(|result| result == &[4.5; 4]));
        }
    });
}

#[test]
fn a_capture_holds_no_other() {
    let context = contexts().next().unwrap();
    let x = numbers(&context, &[1.0; 4]);
    let (graph, _) = context.capture(|| work(&x)).unwrap();
    let refused = |result: Result<()>| matches!(result, Err(Error::Capturing { .. }));
    let inside = || {
        let nested = context.capture(|| work(&x)).map(drop);
        Ok::<_, Error>((refused(nested), refused(graph.launch())))
    };
    assert_eq!(context.capture(inside).unwrap().1, (true, true));
}

#[test]
fn an_index_out_of_range_in_a_graph_is_reported() {
    for context in contexts() {
        let x = numbers(&context, &[1.0; 4]);
        let ids = upload(&context, DType::U32, &[9u32]);
        let (rows, one) = (Layout::contiguous(&[4]), Layout::contiguous(&[1]));
        let (graph, _) = context
            .capture(|| ops::index_select(view(&x, &rows), view(&ids, &one), 0))
            .unwrap();
        context.synchronize().unwrap();
        for _ in 0..2 {
            graph.launch().unwrap();
            let error = context.synchronize().unwrap_err();
            assert!(matches!(error, Error::IndexOutOfRange { .. }), "{error}");
            assert!(error.to_string().contains("index_select"), "{error}");
            assert!(error.to_string().contains("below 4"), "{error}");
        }
    }
}
