//! Writes the lists of a made-up city as a desk would bring them for an import: `places.csv` and
//! `people.csv`, with a few faulty rows. `cargo run -p songhua-city --example registry --
//! PEOPLE AREA DIRECTORY`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use city::{City, FaultRates, Options, RegistryOptions, Scenario, write_registry_csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let people = args.next().map(|n| n.parse()).transpose()?;
    let areas = args.next().map(|a| types::AreaScope::parse(&a)).transpose()?;
    let dir = PathBuf::from(args.next().unwrap_or_else(|| ".".to_owned()));
    std::fs::create_dir_all(&dir)?;
    let scenario = Scenario::bundled("jilin-2022")?;
    let city = City::generate(&scenario, Options { seed: 11, people, areas })?;

    let mut places = BufWriter::new(File::create(dir.join("places.csv"))?);
    writeln!(places, "\u{feff}编码,名称,英文名称,经度,纬度")?;
    for place in city.places().filter(|p| p.code.area().is_some()) {
        let [lon, lat] = place.at;
        writeln!(places, "{},{},\"{}\",{lon:.6},{lat:.6}", place.code, place.name, place.name_en)?;
    }
    places.flush()?;

    let out = BufWriter::new(File::create(dir.join("people.csv"))?);
    let options = RegistryOptions {
        byte_order_mark: true,
        faults: FaultRates::each(0.0005),
        ..RegistryOptions::default()
    };
    let counts = write_registry_csv(out, city.persons(), &options)?;
    println!("{counts:?}");
    Ok(())
}
