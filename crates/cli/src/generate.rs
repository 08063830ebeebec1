//! `redwick generate`: a prompt in, streamed text out.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use indicatif::ProgressBar;
use redwick_llm::{Generation, Request, Summary};

use crate::args::{ModelArgs, SamplingArgs};
use crate::failure::Failure;
use crate::load::load;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The text to go on from; `-` reads it from stdin.
    #[arg(allow_hyphen_values = true)]
    prompt: String,
    #[command(flatten)]
    model: ModelArgs,
    /// The longest answer, in tokens.
    #[arg(long, default_value_t = 256)]
    max_tokens: usize,
    #[command(flatten)]
    sampling: SamplingArgs,
}

/// Loads, answers, and tells the speed.
pub fn run(args: &Args) -> Result<(), Failure> {
    let prompt = read_prompt(&args.prompt)?;
    let loaded = load(&args.model)?;
    let sampling = args.sampling.sampling();
    if sampling.temperature > 0.0 {
        eprintln!("seed: {}", sampling.seed);
    }
    let request = Request {
        prompt,
        max_tokens: args.max_tokens,
        sampling,
    };
    let generation = loaded.engine.start(&request)?;
    let summary = print(generation, &mut Answer::new(io::stdout().lock()))?;
    eprintln!("{}", describe(&summary));
    Ok(())
}

fn read_prompt(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut prompt = String::new();
    io::stdin()
        .read_to_string(&mut prompt)
        .map_err(Failure::io("reading the prompt from stdin"))?;
    Ok(prompt)
}

/// Prints each token as it comes. A reader that goes away cancels what is left.
fn print(
    mut generation: Generation<'_>,
    answer: &mut Answer<impl Write>,
) -> Result<Summary, Failure> {
    let spinner = ProgressBar::new_spinner().with_message("reading the prompt");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let mut wanted = true;
    while wanted && let Some(token) = generation.next() {
        spinner.finish_and_clear();
        wanted = answer.write(&token?.text)?;
    }
    spinner.finish_and_clear();
    let (rest, summary) = generation.finish()?;
    if wanted && answer.write(&rest)? {
        answer.end_line()?;
    }
    Ok(summary)
}

/// The answer on its way out: without the space between the prompt and it, and ending its line.
struct Answer<W> {
    out: W,
    is_begun: bool,
    last: char,
}

impl<W: Write> Answer<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            is_begun: false,
            last: ' ',
        }
    }

    /// Whether somebody still reads.
    fn write(&mut self, text: &str) -> Result<bool, Failure> {
        let text = if self.is_begun {
            text
        } else {
            text.trim_start()
        };
        let Some(last) = text.chars().last() else {
            return Ok(true);
        };
        self.is_begun = true;
        self.last = last;
        self.put(text)
    }

    fn end_line(&mut self) -> Result<bool, Failure> {
        if self.last == '\n' {
            Ok(true)
        } else {
            self.put("\n")
        }
    }

    fn put(&mut self, text: &str) -> Result<bool, Failure> {
        match self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
        {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(source) => Err(Failure::io("writing the answer")(source)),
        }
    }
}

fn describe(summary: &Summary) -> String {
    let speed = summary.tokens_per_second();
    let speed = speed.map_or(String::new(), |speed| format!(", {speed:.1} tokens/s"));
    format!(
        "{} tokens{speed}, stopped by {}; prompt of {} tokens in {:.2} s",
        summary.tokens_out,
        summary.stop_reason.as_str(),
        summary.prompt_tokens,
        summary.prefill_time.as_secs_f64(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(pieces: &[&str]) -> String {
        let mut answer = Answer::new(Vec::new());
        for piece in pieces {
            assert!(answer.write(piece).unwrap());
        }
        answer.end_line().unwrap();
        String::from_utf8(answer.out).unwrap()
    }

    #[test]
    fn an_answer_is_a_line_without_the_space_before_it() {
        assert_eq!(printed(&["", " ", " 4", "2"]), "42\n");
        assert_eq!(printed(&["4", " 2\n"]), "4 2\n");
        assert_eq!(printed(&[]), "\n");
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        assert!(!Answer::new(Gone).write("text").unwrap());
    }
}
