//! Measures how fast a city is generated: `cargo run --release -p songhua-city --example speed
//! -- [people] [areas]` (default: all of Jilin City).

use std::fmt::Write as _;
use std::time::Instant;

use city::{City, Level, Options, RegistryOptions, Scenario, write_registry_csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let people = args.next().map(|n| n.parse()).transpose()?;
    let areas = args.next().map(|a| types::AreaScope::parse(&a)).transpose()?;
    let scenario = Scenario::bundled("jilin-2022")?;

    let start = Instant::now();
    let city = City::generate(&scenario, Options { seed: 1, people, areas })?;
    println!(
        "plan and map: {:.2} s, {} people, {} households, {} compounds",
        start.elapsed().as_secs_f64(),
        city.people(),
        city.household_count(),
        city.compound_count(),
    );

    let start = Instant::now();
    let mut count = [0u64; Level::ALL.len()];
    for place in city.places() {
        count[place.level as usize] += 1;
    }
    println!("places: {:.2} s", start.elapsed().as_secs_f64());
    for level in Level::ALL {
        println!("  {:>9} {}", count[level as usize], level.as_str());
    }

    // Every field is rendered into a buffer, as an importer would.
    let start = Instant::now();
    let (mut persons, mut bytes, mut row) = (0u64, 0usize, String::new());
    for p in city.persons() {
        row.clear();
        p.name.write_zh(&mut row)?;
        p.name.write_pinyin(&mut row)?;
        write!(row, "{}{}{}{}", p.dwelling.code(), p.dwelling.door(), p.id_number, p.phone)?;
        persons += 1;
        bytes += row.len() + p.id.bytes().len();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "persons: {persons} in {seconds:.2} s, {:.0}/s, {bytes} bytes",
        persons as f64 / seconds
    );

    let start = Instant::now();
    let mut size = Counted(0);
    let counts = write_registry_csv(&mut size, city.persons(), &RegistryOptions::default())?;
    let seconds = start.elapsed().as_secs_f64();
    let per_second = counts.rows as f64 / seconds;
    println!("registry: {} rows, {} bytes, {per_second:.0} rows/s", counts.rows, size.0);

    let start = Instant::now();
    let check = city.persons().fold(0u64, |sum, p| sum.wrapping_add(p.id.0.as_u64_pair().1));
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "persons, unrendered: {:.2} s, {:.0}/s ({check:x})",
        seconds,
        persons as f64 / seconds
    );
    Ok(())
}

/// A file that only counts.
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
