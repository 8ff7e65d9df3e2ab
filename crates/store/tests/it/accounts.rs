//! Accounts, sessions and the audit.

use store::accounts::{Account, AccountError, Change, Hashed, Role, readable_password};
use store::audit::Entry;
use store::sessions::Kept;

use crate::everywhere;

fn account(name: &str, role: Role) -> Account {
    Account { name: name.to_owned(), role, agent: None, must_change: false, locked: false, created_at: 7 }
}

fn entry() -> Entry {
    let text = str::to_owned;
    Entry { at: 1, account: text("admin"), what: text("tested"), about: text(""), address: text("") }
}

fn hashed(password: &str) -> Hashed {
    Hashed::new(password).expect("it is long enough")
}

#[test]
fn accounts_are_made_changed_and_removed() {
    everywhere("accounts", async |store, _| {
        let (admin, anna) = (account("admin", Role::Admin), account("anna", Role::Agent));
        let add = async |account: &Account| {
            store.add_account(account.clone(), hashed("right password"), entry()).await
        };
        assert_eq!(add(&admin).await.expect("written"), Ok(()));
        assert_eq!(add(&anna).await.expect("written"), Ok(()));
        assert_eq!(add(&anna).await.expect("written"), Err(AccountError::Exists("anna".to_owned())));
        for bad in ["", "a b", "a/b", "<b>", &"x".repeat(65)] {
            assert_eq!(
                add(&account(bad, Role::Agent)).await.expect("asked"),
                Err(AccountError::Name),
                "{bad:?}"
            );
        }
        assert_eq!(store.accounts().await.expect("read"), [admin.clone(), anna.clone()]);

        let change = Change { agent: Some(Some("anna".to_owned())), ..Change::default() };
        assert_eq!(store.change_account("anna", change, entry()).await.expect("written"), Ok(()));
        let change = Change {
            role: Some(Role::Supervisor),
            password: Some((hashed("other password"), true)),
            ..Change::default()
        };
        assert_eq!(store.change_account("anna", change.clone(), entry()).await.expect("written"), Ok(()));
        let unknown = Err(AccountError::Unknown("bob".to_owned()));
        assert_eq!(store.change_account("bob", change, entry()).await.expect("written"), unknown);
        let (now, password) = store.account("anna").await.expect("read").expect("it is there");
        let expected =
            Account { role: Role::Supervisor, agent: Some("anna".to_owned()), must_change: true, ..anna };
        assert_eq!(now, expected);
        assert!(password.is("other password") && !password.is("right password"));
        let change = Change { agent: Some(None), ..Change::default() };
        assert_eq!(store.change_account("anna", change, entry()).await.expect("written"), Ok(()));
        assert_eq!(store.account("anna").await.expect("read").expect("it is there").0.agent, None);

        assert_eq!(store.remove_account("anna", entry()).await.expect("written"), Ok(()));
        assert_eq!(
            store.remove_account("anna", entry()).await.expect("written"),
            Err(AccountError::Unknown("anna".into()))
        );
        assert_eq!(store.accounts().await.expect("read"), [admin]);
        let audit = store.audit(u64::MAX, 100).await.expect("read");
        assert_eq!(audit.len(), 6, "what came to nothing is not in it");
    });
}

#[test]
fn somebody_can_always_make_accounts() {
    everywhere("last-admin", async |store, _| {
        for name in ["root", "admin"] {
            let added =
                store.add_account(account(name, Role::Admin), hashed("right password"), entry()).await;
            assert_eq!(added.expect("written"), Ok(()));
        }
        assert_eq!(store.remove_account("root", entry()).await.expect("written"), Ok(()));
        let last = Err(AccountError::LastAdmin("admin".to_owned()));
        assert_eq!(store.remove_account("admin", entry()).await.expect("written"), last);
        for change in [
            Change { locked: Some(true), ..Change::default() },
            Change { role: Some(Role::Operator), ..Change::default() },
        ] {
            assert_eq!(store.change_account("admin", change, entry()).await.expect("written"), last);
        }
        let same = Change { role: Some(Role::Admin), locked: Some(false), ..Change::default() };
        assert_eq!(store.change_account("admin", same, entry()).await.expect("written"), Ok(()));
    });
}

#[test]
fn a_session_ends_by_time_by_word_and_with_its_account() {
    everywhere("sessions", async |store, _| {
        let kept = |account: &str, expires_at| Kept {
            account: account.to_owned(),
            data: format!("{{\"of\":\"{account}\"}}"),
            expires_at,
        };
        assert_eq!(
            store
                .add_account(account("anna", Role::Agent), hashed("right password"), entry())
                .await
                .expect("written"),
            Ok(())
        );
        for (token, account) in [(b"one", "anna"), (b"two", "anna"), (b"six", "bert")] {
            assert!(store.keep_session(token, kept(account, 100), true).await.expect("written"));
        }
        assert!(!store.keep_session(b"one", kept("eve", 100), true).await.expect("asked"), "it is taken");
        assert_eq!(store.session(b"one", 99).await.expect("read"), Some(kept("anna", 100)));
        assert_eq!(store.session(b"one", 100).await.expect("read"), None, "expired");
        assert!(store.keep_session(b"one", kept("anna", 200), false).await.expect("written"));
        assert_eq!(store.session(b"one", 100).await.expect("read"), Some(kept("anna", 200)));

        store.end_session(b"two").await.expect("written");
        assert!(
            !store.keep_session(b"two", kept("anna", 300), false).await.expect("asked"),
            "it stays ended"
        );
        let change = Change { locked: Some(true), ..Change::default() };
        assert_eq!(store.change_account("anna", change, entry()).await.expect("written"), Ok(()));
        assert_eq!(store.session(b"one", 0).await.expect("read"), None);
        assert_eq!(store.session(b"six", 0).await.expect("read"), Some(kept("bert", 100)));
        assert_eq!(store.forget_sessions(100).await.expect("written"), 1);
    });
}

#[test]
fn the_audit_is_read_from_its_end() {
    everywhere("audit", async |store, _| {
        for at in 1..=5_u64 {
            let entry = Entry {
                at,
                account: "admin".to_owned(),
                what: "account made".to_owned(),
                about: "值".repeat(400 * at as usize),
                address: "127.0.0.1".to_owned(),
            };
            store.note(entry).await.expect("written");
        }
        let read = store.audit(5, 2).await.expect("read");
        assert_eq!(read.iter().map(|entry| entry.at).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(read[0].about.chars().count(), 500, "what is too long is cut off");
    });
}

#[test]
fn passwords_are_checked_before_they_are_worked_on() {
    assert_eq!(Hashed::new("too short"), Err(AccountError::Password));
    assert_eq!(Hashed::new(&"x".repeat(257)), Err(AccountError::Password));
    assert!(!hashed("right password").is(&"x".repeat(10_000)));
    assert!(!format!("{:?}", hashed("right password")).contains("argon"));
    let (one, two) = (readable_password(), readable_password());
    assert!(one != two && one.len() == 14 && Hashed::new(&one).is_ok());
}
