//! Reads Rest.li 2.0 and refuses every text but the one that the value has: the check is byte for byte.

use crate::restli::Value;

/// How deep values may lie in each other.
const DEEPEST: usize = 16;

/// A query's parameters in order. `fields` is a projection, whose commas are raw: it is a list here.
pub(crate) fn query(text: &str) -> Result<Vec<(String, Value)>, String> {
    let parameter = |part: &str| {
        let (name, text) = part.split_once('=').ok_or_else(|| format!("'{part}' has no value"))?;
        let Value::Text(name) = value(name)? else { return Err(format!("'{name}' is no name of a parameter")) };
        let value = if name == "fields" { projection(text)? } else { value(text)? };
        Ok((name, value))
    };
    text.split('&').filter(|part| !part.is_empty()).map(parameter).collect()
}

/// One value. An encoding that is not exactly the one that the value has is refused.
pub(crate) fn value(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    if reader.at < text.len() {
        return Err(format!("unexpected '{}' in '{text}'", reader.rest()));
    }
    let expected = value.to_string();
    if expected != text {
        return Err(format!("'{text}' is not encoded as it must be: '{expected}'"));
    }
    Ok(value)
}

fn projection(text: &str) -> Result<Value, String> {
    let name = |name: &str| match value(name) {
        Ok(Value::Text(name)) if name.bytes().all(|b| b.is_ascii_alphanumeric()) && !name.is_empty() => {
            Ok(Value::Text(name))
        }
        _ => Err(format!("'{name}' in 'fields' is no name of a field; commas are not encoded there")),
    };
    Ok(Value::List(text.split(',').map(name).collect::<Result<_, _>>()?))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, part: &str) -> bool {
        let there = self.rest().starts_with(part);
        if there {
            self.at += part.len();
        }
        there
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("the value is nested too deep".into());
        }
        if self.take("List(") {
            let mut values = vec![];
            if self.take(")") {
                return Ok(Value::List(values));
            }
            loop {
                values.push(self.value(depth + 1)?);
                if self.take(")") {
                    return Ok(Value::List(values));
                }
                self.expect(",")?;
            }
        }
        if self.take("(") {
            let mut fields = vec![];
            if self.take(")") {
                return Ok(Value::Record(fields));
            }
            loop {
                let name = self.primitive()?;
                self.expect(":")?;
                fields.push((name, self.value(depth + 1)?));
                if self.take(")") {
                    return Ok(Value::Record(fields));
                }
                self.expect(",")?;
            }
        }
        Ok(Value::Text(self.primitive()?))
    }

    fn expect(&mut self, part: &str) -> Result<(), String> {
        if self.take(part) {
            Ok(())
        } else {
            Err(format!("'{part}' expected before '{}' in '{}'", self.rest(), self.text))
        }
    }

    fn primitive(&mut self) -> Result<String, String> {
        if self.take("''") {
            return Ok(String::new());
        }
        let rest = self.rest();
        let end = rest.find([',', '(', ')', ':', '\'', '+', '&', '=', ' ']).unwrap_or(rest.len());
        self.at += end;
        let raw = rest.get(..end).unwrap_or_default();
        if raw.is_empty() {
            return Err(format!("a value is missing before '{rest}' in '{}'", self.text));
        }
        percent_decoded(raw).ok_or_else(|| format!("'{raw}' is not percent-encoded UTF-8"))
    }
}

fn percent_decoded(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut left = raw.bytes();
    while let Some(byte) = left.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(left.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(digit()? * 16 + digit()?);
    }
    String::from_utf8(bytes).ok()
}
