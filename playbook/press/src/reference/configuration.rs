//! Every setting: from `default.toml`, whose comments say what each is for.

use turnpike_config::Layers;

use crate::facts::table;

const BEGINNING: &str = "\
Settings come from the defaults below, then from the file given with `-c`, then from variables. A setting that is not here is \
refused. `turnpike config defaults` prints this as a file to start from; `turnpike config check` says whether yours can work.

Of what is marked *secret*, `<key>_file` may be set instead, to the path of a file that holds the value; the variable is named \
likewise. A list in a variable is written with commas.";

/// A section of the file.
struct Section {
    name: String,
    about: String,
    rows: Vec<Vec<String>>,
}

pub(super) fn page() -> String {
    let mut sections = vec![Section { name: String::new(), about: String::new(), rows: vec![] }];
    let mut comment = vec![];
    for line in Layers::defaults().lines() {
        match line {
            _ if line.starts_with('#') => comment.push(line.trim_start_matches('#').trim()),
            // What stands at the beginning of the file is about all of it.
            "" => comment.clear(),
            _ => {
                let about = std::mem::take(&mut comment).join(" ").replace('<', "&lt;");
                if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                    sections.push(Section { name: name.to_owned(), about, rows: vec![] });
                } else if let (Some((key, value)), Some(section)) = (line.split_once(" = "), sections.last_mut()) {
                    // Settings that stand together share the comment before the first.
                    let shared = about.is_empty() && section.rows.iter().any(|row| !row[2].is_empty());
                    let about = if shared { "As the one above." } else { about.as_str() };
                    section.rows.push(row(&section.name, key, value, about));
                }
            }
        }
    }
    let mut page = BEGINNING.to_owned();
    for Section { name, about, rows } in sections {
        let title = if name.is_empty() { "At the beginning of the file".into() } else { format!("`[{name}]`") };
        page.push_str(&format!("\n\n## {title}\n"));
        if !about.is_empty() {
            page.push_str(&format!("\n{about}\n"));
        }
        if !rows.is_empty() {
            page.push_str(&format!("\n{}", table(&["Setting", "Default", "Meaning", "Variable"], rows)));
        }
    }
    page
}

fn row(section: &str, key: &str, value: &str, about: &str) -> Vec<String> {
    let path = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
    let secret = Layers::is_secret(&path);
    let about = about.replace("(secret)", "").replace("(client_secret: secret)", "");
    let mut about = about.trim().to_owned();
    if secret {
        about = format!("{about} *Secret.*").trim().to_owned();
    }
    let variable = path.replace('.', "__").replace('-', "_").to_uppercase();
    let file = if secret { format!(", or `TURNPIKE_{variable}_FILE`") } else { String::new() };
    vec![format!("`{key}`"), format!("`{value}`"), about, format!("`TURNPIKE_{variable}`{file}")]
}
