//! Requests no certificate comes from, and lives at the edges of the calendar.

use quorate_providers::tls::{
    Authority, BuildError, CA_LIFETIME, CaRequest, Era, IssueError, KeyAlgorithm, LeafRequest,
    Profile, Subject, Template, TimeError,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::openssl;
use crate::samples::{NOW, Role, ca, folder, key, leaf, member, request, serial};

fn free(subject: Subject) -> Profile {
    Profile::Free(Template { subject, alt_names: Vec::new(), uses: Vec::new() })
}

fn refusal(request: &LeafRequest) -> IssueError {
    let ca = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let key = key(KeyAlgorithm::EcdsaP256, Role::Leaf).public().unwrap();
    ca.issue(request, &key).unwrap_err()
}

fn asked(profile: Profile) -> LeafRequest {
    request(Era::Modern, profile, NOW)
}

#[test]
fn a_leaf_needs_a_name_of_its_own() {
    assert!(matches!(refusal(&asked(free(Subject::default()))), IssueError::Nameless));
    let cas = Subject::common_name("etcd-ca").unwrap();
    assert!(matches!(refusal(&asked(free(cas))), IssueError::SameSubject));
}

#[test]
fn a_leaf_needs_a_lifetime_on_the_calendar() {
    for lifetime in [Duration::ZERO, Duration::seconds(-1), Duration::MAX] {
        let asked = LeafRequest { lifetime, ..asked(Profile::HealthcheckClient) };
        assert!(matches!(refusal(&asked), IssueError::Lifetime), "{lifetime}");
    }
}

#[test]
fn a_ca_issues_within_its_life_only() {
    let at = |now| refusal(&LeafRequest { now, ..asked(Profile::HealthcheckClient) });
    let late = at(NOW + CA_LIFETIME + Duration::SECOND);
    assert!(matches!(late, IssueError::Time(TimeError::Expired(_))));
    let early = at(NOW - Duration::minutes(6));
    assert!(matches!(early, IssueError::Time(TimeError::NotYet(_))));
}

fn ca_at(now: OffsetDateTime, subject: Subject) -> Result<Authority, IssueError> {
    let serial = serial(3);
    let request = CaRequest { era: Era::Classic, subject, serial, now, lifetime: CA_LIFETIME };
    Authority::create(&request, key(KeyAlgorithm::EcdsaP256, Role::Ca))
}

#[test]
fn a_ca_needs_a_name_and_a_time_that_can_be_written() {
    let name = || Subject::common_name("ca").unwrap();
    assert!(matches!(ca_at(NOW, Subject::default()), Err(IssueError::Nameless)));
    let too_early = ca_at(datetime!(1969-12-31 0:00 UTC), name());
    assert!(matches!(too_early, Err(IssueError::Build(BuildError::Time(_)))));
    let too_late = ca_at(datetime!(9999-12-31 0:00 UTC), name());
    assert!(matches!(too_late, Err(IssueError::Lifetime)));
}

#[test]
fn a_life_that_crosses_2050_and_has_fractions_of_a_second_is_written_right() {
    let now = datetime!(2045-06-07 10:11:12.999 +2);
    let ca = ca_at(now, Subject::common_name("etcd-ca").unwrap()).unwrap();
    let asked = request(Era::Classic, Profile::Server(member("infra0", "10.0.0.6")), now);
    let (certificate, _) = leaf(&ca, &asked, KeyAlgorithm::EcdsaP256);
    let pem = ca.certificate().to_pem();
    let folder = folder(&[("ca.pem", &pem), ("c.pem", &certificate.to_pem())]);
    let dates = openssl::run(folder.path(), "x509 -in ca.pem -noout -dates").unwrap();
    let expected = "notBefore=Jun  7 08:11:12 2045 GMT\nnotAfter=Jun  5 08:11:12 2055 GMT\n";
    assert_eq!(dates, expected);
    let at = now.unix_timestamp();
    let verify = format!("verify -x509_strict -CAfile ca.pem -attime {at} c.pem");
    openssl::run(folder.path(), &verify).unwrap();
}
