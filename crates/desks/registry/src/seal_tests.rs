use super::*;

fn identity() -> Identity {
    Identity {
        name: "张三丰".into(),
        id_type: IdType::Resident,
        id_number: Some("11010519491231002X".into()),
        phone: Some("13800138000".into()),
    }
}

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

const PERSON: PersonId = PersonId(uuid::Uuid::from_u128(7));

#[test]
fn what_is_sealed_opens_for_its_own_row_only() {
    let keys = Keys::ephemeral().expect("keys");
    let sealed = keys.seal(area(), PERSON, &identity()).expect("seals");
    assert_eq!(keys.unseal(area(), PERSON, &sealed.0).expect("opens"), identity());
    let other = PersonId(uuid::Uuid::from_u128(8));
    assert!(matches!(keys.unseal(area(), other, &sealed.0), Err(RegistryError::Tampered)));
    assert!(matches!(keys.unseal(AreaCode::NONE, PERSON, &sealed.0), Err(RegistryError::Tampered)));
    let elsewhere = Keys::ephemeral().expect("keys");
    assert!(matches!(elsewhere.unseal(area(), PERSON, &sealed.0), Err(RegistryError::Tampered)));
}

#[test]
fn any_changed_byte_is_noticed() {
    let keys = Keys::ephemeral().expect("keys");
    let sealed = keys.seal(area(), PERSON, &identity()).expect("seals");
    for at in 0..sealed.0.len() {
        let mut wrong = sealed.0.clone();
        wrong[at] ^= 1;
        assert!(keys.unseal(area(), PERSON, &wrong).is_err(), "byte {at}");
    }
    for cut in [0, 1, 20, 30, sealed.0.len() - 1] {
        assert!(keys.unseal(area(), PERSON, &sealed.0[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn sealing_twice_never_gives_the_same_bytes() {
    let keys = Keys::ephemeral().expect("keys");
    let first = keys.seal(area(), PERSON, &identity()).expect("seals");
    let second = keys.seal(area(), PERSON, &identity()).expect("seals");
    assert_ne!(first, second);
}

#[test]
fn an_index_depends_on_the_kind_the_number_and_the_key_file() {
    let keys = Keys::ephemeral().expect("keys");
    let index = keys.id_index(IdType::Resident, "13800138000");
    assert_eq!(index, keys.id_index(IdType::Resident, "13800138000"));
    assert_ne!(index, keys.id_index(IdType::Passport, "13800138000"));
    assert_ne!(index, keys.phone_index("13800138000"));
    assert_ne!(index, Keys::ephemeral().expect("keys").id_index(IdType::Resident, "13800138000"));
    assert_eq!(keys.code_index("7q4m x0zt 2b9k"), keys.code_index("7Q4M-X0ZT-2B9K"));
    assert_eq!(keys.code_index("7Q4M"), None);
}

#[test]
fn the_hash_is_the_published_hmac() {
    // RFC 4231, test case 2.
    let full = tagged_full(&keyed(b"Jefe"), &[b"what do ya want ", b"for nothing?"]);
    let hex: String = full.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn the_key_file_is_private_and_read_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("registry.keys");
    let made = Keys::load_or_create(&path).expect("makes one");
    let sealed = made.seal(area(), PERSON, &identity()).expect("seals");
    let read = Keys::load_or_create(&path).expect("reads it");
    assert_eq!(read.unseal(area(), PERSON, &sealed.0).expect("opens"), identity());
    assert_eq!(made.phone_index("1"), read.phone_index("1"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("opens up");
        let refused = Keys::load_or_create(&path).expect_err("others may read it");
        assert!(refused.to_string().contains("mode is 644"), "{refused}");
    }
}

#[test]
fn a_broken_key_file_is_named_and_not_quoted() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("registry.keys");
    Keys::load_or_create(&path).expect("makes one");
    let text = std::fs::read_to_string(&path).expect("reads").replace("\"index\"", "\"indes\"");
    std::fs::write(&path, &text).expect("writes");
    let refused = Keys::load_or_create(&path).expect_err("not a key file").to_string();
    assert!(refused.contains("registry.keys") && refused.contains("not a key file"), "{refused}");
    let key = text.split('"').find(|part| part.len() == 44).expect("a key");
    assert!(!refused.contains(key));
}

#[test]
fn an_older_key_still_opens() {
    let old = KeyFile {
        version: 1,
        sealing: vec![SealingKey { id: 1, key: fresh_key().expect("key") }],
        index: fresh_key().expect("key"),
    };
    let sealed = Keys::of(&old).expect("keys").seal(area(), PERSON, &identity()).expect("seals");
    let mut rotated = old;
    rotated.sealing.push(SealingKey { id: 2, key: fresh_key().expect("key") });
    let keys = Keys::of(&rotated).expect("keys");
    assert!(keys.unseal(area(), PERSON, &sealed.0).is_ok());
    assert_eq!(keys.seal(area(), PERSON, &identity()).expect("seals").0[0], 2);
}
