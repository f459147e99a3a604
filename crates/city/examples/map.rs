//! Writes one level of the schematic map: `cargo run -p songhua-city --example map --
//! community 220202 > communities.geojson` (level, then areas; default county and all).

use city::{City, Level, Options, Scenario};
use types::AreaScope;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let word = args.next().unwrap_or_else(|| "county".to_owned());
    let level = Level::ALL.into_iter().find(|l| l.as_str() == word).ok_or("no such level")?;
    let areas = AreaScope::parse(&args.next().unwrap_or_else(|| "22".to_owned()))?;
    let options = Options { seed: 1, people: None, areas: Some(areas) };
    let city = City::generate(&Scenario::bundled("jilin-2022")?, options)?;
    city.write_geojson(std::io::stdout().lock(), level, areas)?;
    Ok(())
}
