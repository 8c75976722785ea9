//! `turnpike-press`: mdBook's preprocessor for this book, and the maker of its reference pages.

use std::{
    env,
    error::Error,
    io::{Read as _, Write as _, stdin, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use turnpike_press::{Facts, book, links, pages, reference};

/// Fills the playbook from the code. Without a command it is mdBook's preprocessor: book in, filled book out.
///
/// Figures are those of the settings as they are shipped, or of those in the file that the variable TURNPIKE_CONFIG names.
#[derive(Parser)]
#[command(name = "turnpike-press", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// What mdBook asks before it builds: whether pages for this renderer can be filled.
    Supports {
        /// The renderer.
        renderer: String,
    },
    /// Write the reference pages anew, and say which have changed.
    Reference,
    /// Look whether every link in a book that was built leads somewhere, and whether no placeholder was printed.
    Links {
        /// The folder that mdBook has written.
        built: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turnpike-press: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    match cli.command {
        None => fill(),
        Some(Command::Supports { renderer: _ }) => Ok(()),
        Some(Command::Reference) => {
            for path in reference::write(&pages::repository().join("playbook/src"))? {
                println!("playbook/src/{path}");
            }
            Ok(())
        }
        Some(Command::Links { built }) => check_links(&built),
    }
}

fn fill() -> Result<(), Box<dyn Error>> {
    let facts = Facts::of(env::var_os("TURNPIKE_CONFIG").map(PathBuf::from))?;
    let mut input = String::new();
    stdin().read_to_string(&mut input)?;
    stdout().write_all(book::fill_book(&input, &facts)?.as_bytes())?;
    Ok(())
}

fn check_links(built: &Path) -> Result<(), Box<dyn Error>> {
    let wrong = links::check_built(built)?;
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
