Feature: An etcd cluster as we want it

  Scenario: Keys are read by nobody but root
    Given I have host_file defined
    Then it must contain mode
    And its value must match the "06(00|44)" regex

  Scenario: Members are in the network for them
    Given I have etcd_static_pod defined
    Then it must contain address
    And its value must match the "^10\.0\.0\.[0-9]+$" regex

  Scenario: Certificates do not live for ever
    Given I have pki_certificate defined
    Then it must contain validity_hours
    And its value must be less and equal than 8760
