//! The files for GitHub: its schemas, and what an attacker could make of a workflow.

use std::{path::PathBuf, process::Command};

use crate::{
    programs::{bad, fails, here, passes, python},
    rendered::files,
};

fn github(path: &str) -> PathBuf {
    here().join("../.github").join(path)
}

fn schema(name: &str, file: PathBuf) -> Command {
    let mut check = python("check-jsonschema");
    check.args(["--builtin-schema", &format!("vendor.github-{name}")]).arg(file);
    check
}

fn zizmor(workflow: PathBuf) -> Command {
    let mut zizmor = python("zizmor");
    zizmor.args(["--offline", "--no-progress", "--persona=pedantic"]).arg(workflow);
    zizmor
}

#[test]
fn every_file_has_the_form_that_github_reads() {
    for file in files(&github("workflows")) {
        passes(&mut schema("workflows", file));
    }
    for file in files(&github("ISSUE_TEMPLATE")) {
        let name = if file.ends_with("config.yml") { "issue-config" } else { "issue-forms" };
        passes(&mut schema(name, file));
    }
    fails(&mut schema("workflows", bad("misspelt.workflow.yml")), "timeout-minute");
    fails(&mut schema("issue-forms", bad("issue-form.yml")), "dropdwn");
    fails(&mut schema("issue-config", bad("issue-config.yml")), "blank_issue_enabled");
}

#[test]
fn no_workflow_trusts_what_it_need_not() {
    for file in files(&github("workflows")) {
        passes(&mut zizmor(file));
    }
    fails(&mut zizmor(bad("trusting.workflow.yml")), "template-injection");
}
