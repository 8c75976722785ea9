//! Every command: from clap, as `--help` prints it.

use clap::{Arg, Command, CommandFactory as _};
use turnpike::cli::Cli;

const BEGINNING: &str = "\
Each command takes `-c FILE` and `--data DIR`. What changes something for several clients says what it will do before it does it.";

pub(super) fn page() -> String {
    let mut program = Cli::command().term_width(120);
    program.build();
    let mut page = BEGINNING.to_owned();
    for command in program.get_subcommands() {
        add(command, &mut page, 2);
    }
    page
}

fn add(command: &Command, page: &mut String, depth: usize) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let told = |argument: Arg| {
        let everywhere = ["config", "data", "help"].contains(&argument.get_id().as_str());
        argument.hide(everywhere)
    };
    let help = command.clone().mut_args(told).render_long_help().to_string();
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!("\n\n{} `{name}`\n\n```text\n{}\n```", "#".repeat(depth), help.join("\n").trim()));
    for below in command.get_subcommands() {
        add(below, page, depth + 1);
    }
}
