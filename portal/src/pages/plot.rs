//! Plots as SVG, drawn here: bars of days, in whole units of the drawing.

/// Size of the drawing, and the margins that its words need.
const WIDTH: i64 = 480;
const HEIGHT: i64 = 200;
const LEFT: i64 = 84;
const TOP: i64 = 12;
const BOTTOM: i64 = 24;
/// The widest bar.
const WIDEST: i64 = 48;
/// The most days that are named below.
const NAMED: usize = 6;

/// What a plot shows of a day.
pub(crate) struct Day {
    /// Its name, below.
    pub(crate) name: String,
    /// What is stacked, from below.
    pub(crate) parts: [i64; 2],
    /// All of it in words.
    pub(crate) words: String,
}

/// A rectangle.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
    /// Of what goes wrong.
    pub(crate) bad: bool,
    pub(crate) words: String,
}

/// A word, and the line that it names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: i64,
    pub(crate) name: String,
}

/// A plot, ready to be drawn.
pub(crate) struct Plot {
    pub(crate) title: String,
    /// What it shows, for those who do not see it.
    pub(crate) words: String,
    pub(crate) bars: Vec<Bar>,
    /// Lines across, from below.
    pub(crate) levels: Vec<Mark>,
    pub(crate) days: Vec<Mark>,
}

impl Plot {
    /// Bars of days, each with two parts, the second one of what went wrong; `name` tells what an amount is.
    pub(crate) fn of(title: String, words: String, days: Vec<Day>, name: impl Fn(i64) -> String) -> Self {
        let top = scale(days.iter().map(|day| day.parts.iter().sum()).max().unwrap_or_default());
        let height = |value: i64| match i64::try_from(i128::from(value) * i128::from(floor() - TOP) / i128::from(top)) {
            // However little there is, it is seen.
            Ok(0) if value > 0 => 1,
            Ok(height) => height,
            Err(_) => 0,
        };
        let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
        let middle = |place: usize| LEFT + (2 * place as i64 + 1) * (WIDTH - LEFT) / (2 * count.max(1));
        let width = ((WIDTH - LEFT) / count.max(1) * 4 / 5).clamp(1, WIDEST);
        let every = days.len().div_ceil(NAMED).max(1);
        let named = days.iter().enumerate().step_by(every);
        let named = named.map(|(place, day)| Mark { at: middle(place), name: day.name.clone() }).collect();
        let mut levels = vec![0, top / 2, top];
        levels.dedup();
        let mut bars = vec![];
        for (place, day) in days.into_iter().enumerate() {
            let mut y = floor();
            for (part, bad) in day.parts.into_iter().zip([false, true]).filter(|(part, _)| *part > 0) {
                y -= height(part);
                let (x, height) = (middle(place) - width / 2, height(part));
                bars.push(Bar { x, y, width, height, bad, words: day.words.clone() });
            }
        }
        let levels = levels.into_iter().map(|value| Mark { at: floor() - height(value), name: name(value) }).collect();
        Self { title, words, bars, levels, days: named }
    }

    /// Where words of levels end and lines begin.
    pub(crate) const fn left(&self) -> i64 {
        LEFT
    }

    /// How wide the drawing is.
    pub(crate) const fn width(&self) -> i64 {
        WIDTH
    }

    /// How high it is.
    pub(crate) const fn height(&self) -> i64 {
        HEIGHT
    }
}

/// Where the bars stand.
const fn floor() -> i64 {
    HEIGHT - BOTTOM
}

/// The least round number that is not exceeded, and whose half is round too.
fn scale(most: i64) -> i64 {
    let mut unit: i64 = 1;
    loop {
        for step in [1, 2, 4, 6] {
            let Some(top) = unit.checked_mul(step) else { return most.max(1) };
            if top >= most {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(values: &[[i64; 2]]) -> Plot {
        let day = |(place, parts): (usize, &[i64; 2])| Day {
            name: place.to_string(),
            parts: *parts,
            words: format!("{}", parts.iter().sum::<i64>()),
        };
        Plot::of(String::new(), String::new(), values.iter().enumerate().map(day).collect(), |value| value.to_string())
    }

    fn is_inside(plot: &Plot) -> bool {
        let bars = plot.bars.iter();
        let mut inside = bars.map(|bar| bar.x >= LEFT && bar.x + bar.width <= WIDTH && bar.y >= TOP && bar.height > 0);
        inside.all(|inside| inside) && plot.days.iter().chain(&plot.levels).all(|mark| (0..=WIDTH).contains(&mark.at))
    }

    #[test]
    fn no_day_and_days_without_anything_have_no_bar() {
        assert!(plot(&[]).bars.is_empty() && plot(&[[0, 0]; 30]).bars.is_empty());
        let names: Vec<_> = plot(&[]).levels.into_iter().map(|level| level.name).collect();
        assert_eq!(names, ["0", "1"]);
    }

    #[test]
    fn one_day_is_one_bar_of_bounded_width_in_the_middle() {
        let plot = plot(&[[4, 0]]);
        let middle = LEFT + (WIDTH - LEFT) / 2;
        let full =
            Bar { x: middle - WIDEST / 2, y: TOP, width: WIDEST, height: floor() - TOP, bad: false, words: "4".into() };
        assert_eq!(plot.bars, [full]);
        assert_eq!(plot.levels[2], Mark { at: TOP, name: "4".into() });
    }

    #[test]
    fn what_went_wrong_stands_on_what_went_well() {
        let bars = plot(&[[3, 1]]).bars;
        assert_eq!((bars[0].bad, bars[1].bad), (false, true));
        assert_eq!((bars[1].y + bars[1].height, bars[0].y + bars[0].height), (bars[0].y, floor()));
        assert_eq!(bars[0].height, 3 * bars[1].height);
    }

    #[test]
    fn many_days_stay_within_the_drawing_and_few_are_named() {
        for count in [1, 2, 28, 29, 30, 31, 366] {
            let plot = plot(&vec![[1, 1_000_000]; count]);
            assert!(is_inside(&plot), "{count} days");
            assert!(plot.days.len() <= NAMED, "{} of {count} days are named", plot.days.len());
            assert_eq!(plot.bars.len(), 2 * count, "the least part is seen too");
        }
    }

    #[test]
    fn the_scale_is_round_and_never_too_short() {
        for (most, expected) in [(0, 1), (1, 1), (2, 2), (3, 4), (5, 6), (7, 10), (11, 20), (61, 100), (4_000, 4_000)] {
            assert_eq!(scale(most), expected, "{most}");
        }
        assert_eq!(scale(i64::MAX), i64::MAX);
        assert!(is_inside(&plot(&[[i64::MAX - 1, 1]])));
    }
}
