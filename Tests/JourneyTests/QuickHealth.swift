// Checks of an endpoint's health for which no test has to wait.

import Configuration
import StubUpstreams

extension UpstreamSettings.Health {
    /// Each answer is a verdict: the CRM's 404 for a contact that is not there, unless a script says otherwise.
    static var ofUnknownContact: Self {
        var health = Self()
        health.path = "/contacts/\(Fixtures.unknown)"
        health.every = .milliseconds(100)
        (health.unhealthyAfter, health.healthyAfter) = (1, 1)
        return health
    }
}
