use types::AreaCode;

use super::*;

const NOW: Micros = Micros(1_650_000_000_000_000);

fn photo() -> Photo {
    let area = AreaCode::new(220_202).expect("an area");
    Photo {
        order: UnitId::derived(crate::ORDER, area, &[b"one"]),
        household: HouseholdId::from_bytes([3; 16]),
        place: PlaceCode::parse("220202001001-03").expect("a place"),
        hash: PhotoHash([7; 32]),
        carrier: HolderCode::parse("volunteer:V1").ok(),
        at: NOW,
        by: "wei".into(),
        came: None,
    }
}

fn code(answer: std::result::Result<(), Refusal>) -> String {
    answer.map_or_else(|refusal| refusal.code.to_string(), |()| "yes".to_owned())
}

#[test]
fn who_recorded_the_receipt_or_brought_the_goods_brings_the_photo() {
    let photo = photo();
    let holder = |text| HolderCode::parse(text).expect("a holder");
    let may = |user, holder: Option<&HolderCode>| {
        code(photo.may_come(PhotoHash([7; 32]), user, holder, NOW))
    };
    assert_eq!(may("wei", None), "yes");
    // The volunteer's other telephone, with another account of the same volunteer.
    assert_eq!(may("mei", Some(&holder("volunteer:V1"))), "yes");
    assert_eq!(may("mei", Some(&holder("volunteer:V2"))), "photo-not-yours");
    assert_eq!(may("mei", None), "photo-not-yours");
    // Where nobody carried it, nobody is a carrier: only who recorded it.
    let fetched = Photo { carrier: None, ..photo.clone() };
    assert_eq!(code(fetched.may_come(PhotoHash([7; 32]), "mei", None, NOW)), "photo-not-yours");
}

#[test]
fn it_is_the_photo_of_the_receipt_and_comes_while_it_is_kept() {
    let photo = photo();
    let at = |hash, now| code(photo.may_come(PhotoHash(hash), "wei", None, now));
    assert_eq!(at([8; 32], NOW), "photo-hash-differs");
    assert_eq!(at([7; 32], NOW + PHOTO_KEPT - Span(1)), "yes");
    assert_eq!(at([7; 32], NOW + PHOTO_KEPT), "photo-too-late");
}

#[test]
fn a_hash_is_64_digits_and_nothing_else() {
    let text = "0123456789abcdef".repeat(4);
    let hash = PhotoHash::parse(&text.to_uppercase()).expect("a hash");
    assert_eq!(hash.to_string(), text);
    assert_eq!(serde_json::to_string(&hash).expect("writes"), format!("\"{text}\""));
    for wrong in [&text[1..], &"g".repeat(64), "", &"\u{e9}".repeat(32)] {
        assert_eq!(PhotoHash::parse(wrong).expect_err("refused").code, "photo-hash-wrong");
    }
}

#[test]
fn what_is_no_picture_or_too_large_is_refused_by_its_bytes() {
    let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
    assert_eq!(photo_of(b"\xFF\xD8\xFF\xE0rest"), Ok(Image::Jpeg));
    assert_eq!(photo_of(b"\x89PNG\r\n\x1a\nrest"), Ok(Image::Png));
    assert_eq!(photo_of(webp), Ok(Image::Webp));
    let code = |bytes: &[u8]| photo_of(bytes).expect_err("refused").code;
    for other in
        [&b""[..], b"\xFF\xD8", b"<svg xmlns=", b"GIF89a", b"RIFF\x10\0\0\0WAVE", b"%PDF-1.7"]
    {
        assert_eq!(code(other), "photo-not-an-image");
    }
    let mut large = b"\xFF\xD8\xFF".to_vec();
    large.resize(PHOTO_BYTES, 0);
    assert_eq!(photo_of(&large), Ok(Image::Jpeg));
    large.push(0);
    assert_eq!(code(&large), "photo-too-large");
}

#[test]
fn a_receipt_of_before_photos_were_taken_in_expects_none_and_reads_back_as_it_was() {
    let order = photo().order;
    let old = serde_json::json!({"received": {
        "order": order, "proof": format!("photo {}", "ab".repeat(32)), "clock": NOW,
    }});
    let event: OrderEvent = serde_json::from_value(old.clone()).expect("reads");
    assert!(matches!(event, OrderEvent::Received { photo: None, .. }), "{event:?}");
    assert_eq!(serde_json::to_value(&event).expect("writes"), old);
}
