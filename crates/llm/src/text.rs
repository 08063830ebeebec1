//! Text to tokens, and tokens back to text as they come.

use tokenizers::Tokenizer;

use crate::error::{Error, Result};
use crate::source::File;

/// A model's tokenizer.
#[derive(Debug)]
pub struct TextCodec {
    tokenizer: Tokenizer,
}

impl TextCodec {
    pub(crate) fn load(file: File) -> Result<Self> {
        let mut tokenizer =
            Tokenizer::from_bytes(&file.bytes).map_err(|error| Error::BadTokenizer {
                file: file.name,
                reason: error.to_string(),
            })?;
        // A tokenizer file may ask for both; they would cut a prompt or fill it up unasked.
        tokenizer.with_padding(None);
        let whole = tokenizer.with_truncation(None).map(|_| ());
        whole.map_err(|error| Error::Tokenize(error.to_string()))?;
        Ok(Self { tokenizer })
    }

    /// The tokens of a text, with those that the tokenizer puts at its start.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, true);
        let encoding = encoding.map_err(|error| Error::Tokenize(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, without special ones.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        let text = self.tokenizer.decode(tokens, true);
        text.map_err(|error| Error::Tokenize(error.to_string()))
    }

    /// Decodes tokens that follow a prompt, piece by piece.
    pub fn stream(&self, prompt: &[u32]) -> Result<StreamDecoder<'_>> {
        let tokens = self.tail(prompt)?;
        let shown = self.decode(tokens)?.len();
        Ok(StreamDecoder {
            codec: self,
            seam: tokens.len(),
            tokens: tokens.to_vec(),
            shown,
        })
    }

    /// The last tokens of a prompt, a few more where they would start inside a character.
    fn tail<'p>(&self, prompt: &'p [u32]) -> Result<&'p [u32]> {
        let mut start = prompt.len().saturating_sub(CONTEXT);
        let earliest = start.saturating_sub(LONGEST_CHARACTER);
        while start > earliest
            && self
                .decode(&prompt[start..])?
                .starts_with(char::REPLACEMENT_CHARACTER)
        {
            start -= 1;
        }
        Ok(&prompt[start..])
    }
}

/// How many tokens of the prompt are decoded along: a tokenizer may write the first token of a text
/// in another way (without its leading space) than one in the middle.
const CONTEXT: usize = 4;

/// A character has four bytes at most, and so at most four tokens. A longer wait is no wait for the
/// rest of a character.
const LONGEST_CHARACTER: usize = 4;

/// Turns tokens into text as they come, never in the middle of a character.
///
/// The pieces, [`finish`](Self::finish) included, add up to the text of all the tokens.
#[derive(Debug)]
pub struct StreamDecoder<'c> {
    codec: &'c TextCodec,
    /// The tokens of the last piece, to decode the next ones in their company, and those that wait.
    tokens: Vec<u32>,
    /// Where the waiting tokens start.
    seam: usize,
    /// How many bytes the tokens before the seam decode to.
    shown: usize,
}

impl StreamDecoder<'_> {
    /// The text that this token completes; empty while a character is incomplete.
    pub fn push(&mut self, token: u32) -> Result<String> {
        self.tokens.push(token);
        let waiting = self.tokens.len() - self.seam;
        let text = self.codec.decode(&self.tokens)?;
        let incomplete = text.ends_with(char::REPLACEMENT_CHARACTER) && waiting < LONGEST_CHARACTER;
        if incomplete || text.len() <= self.shown {
            return Ok(String::new());
        }
        let piece = after(&text, self.shown);
        self.move_seam()?;
        Ok(piece)
    }

    /// The text of what still waits: an incomplete character comes out as U+FFFD.
    pub fn finish(&mut self) -> Result<String> {
        let text = self.codec.decode(&self.tokens)?;
        let piece = after(&text, self.shown);
        self.shown = text.len();
        Ok(piece)
    }

    fn move_seam(&mut self) -> Result<()> {
        self.tokens.drain(..self.seam);
        self.seam = self.tokens.len();
        self.shown = self.codec.decode(&self.tokens)?.len();
        Ok(())
    }
}

/// The text from a byte on, or from the next whole character.
fn after(text: &str, mut byte: usize) -> String {
    while !text.is_char_boundary(byte) {
        byte += 1;
    }
    text.get(byte..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(json: &str) -> TextCodec {
        let file = File {
            name: "tokenizer.json".to_owned(),
            bytes: json.as_bytes().to_vec().into(),
        };
        TextCodec::load(file).unwrap()
    }

    /// A byte-fallback vocabulary as Llama 2 has it: three bytes of "€", a word and a special token.
    fn byte_fallback() -> TextCodec {
        codec(
            r#"{"version": "1.0", "added_tokens": [
                {"id": 5, "content": "</s>", "special": true, "single_word": false,
                 "lstrip": false, "rstrip": false, "normalized": false}],
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
            "pre_tokenizer": null, "post_processor": null,
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "byte_fallback": true, "unk_token": null, "merges": [],
                "vocab": {"<0xE2>": 0, "<0x82>": 1, "<0xAC>": 2, "▁a": 3, "b": 4, "</s>": 5}}}"#,
        )
    }

    fn stream(prompt: &[u32], tokens: &[u32]) -> Vec<String> {
        let codec = byte_fallback();
        let mut decoder = codec.stream(prompt).unwrap();
        let mut pieces: Vec<_> = tokens
            .iter()
            .map(|token| decoder.push(*token).unwrap())
            .collect();
        pieces.push(decoder.finish().unwrap());
        pieces
    }

    #[test]
    fn a_character_comes_out_whole() {
        assert_eq!(stream(&[3], &[0, 1, 2, 4]), ["", "", "€", "b", ""]);
    }

    #[test]
    fn spaces_are_kept_after_a_prompt() {
        assert_eq!(stream(&[3], &[3, 4, 3]), [" a", "b", " a", ""]);
        assert_eq!(stream(&[], &[3, 4, 3]), ["a", "b", " a", ""]);
    }

    #[test]
    fn a_prompt_that_ends_in_broken_characters_is_no_hindrance() {
        let prompt = [3, 0, 1, 2, 0, 1, 2];
        assert_eq!(stream(&prompt, &[0, 1, 2]), ["", "", "€", ""]);
    }

    #[test]
    fn special_tokens_have_no_text() {
        assert_eq!(stream(&[5, 3], &[4, 5, 4]), ["b", "", "b", ""]);
    }

    #[test]
    fn broken_bytes_come_out_in_the_end_and_do_not_pile_up() {
        let pieces = stream(&[3], &[0, 1]);
        assert_eq!(pieces[..2], ["", ""]);
        assert!(pieces[2].contains(char::REPLACEMENT_CHARACTER));
        let pieces = stream(&[3], &[0; 9]);
        assert!(
            pieces[3].contains(char::REPLACEMENT_CHARACTER),
            "{pieces:?}"
        );
    }

    #[test]
    fn what_is_no_tokenizer_is_refused_by_name() {
        let file = File {
            name: "x/tokenizer.json".to_owned(),
            bytes: b"{\"model\": 3".to_vec().into(),
        };
        let error = TextCodec::load(file).unwrap_err();
        assert!(error.to_string().contains("x/tokenizer.json"), "{error}");
    }
}
