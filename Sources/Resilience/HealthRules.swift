// What active checks say of an endpoint. One answer is no news: a few in a row are.

/// Judges one endpoint by the answers to its checks. It is taken for healthy until some say otherwise.
package struct HealthRules: Sendable {
    private let unhealthyAfter: Int
    private let healthyAfter: Int
    /// Answers in a row that say the opposite of `isHealthy`.
    private var contrary = 0
    package private(set) var isHealthy = true

    /// - Parameters:
    ///   - unhealthyAfter: bad answers in a row that take an endpoint out.
    ///   - healthyAfter: good answers in a row that take it back.
    package init(unhealthyAfter: Int, healthyAfter: Int) {
        self.unhealthyAfter = unhealthyAfter
        self.healthyAfter = healthyAfter
    }

    /// Returns whether that changed the verdict.
    package mutating func checked(isGood: Bool) -> Bool {
        guard isGood != isHealthy else {
            contrary = 0
            return false
        }
        contrary += 1
        guard contrary >= (isHealthy ? unhealthyAfter : healthyAfter) else { return false }
        isHealthy = isGood
        contrary = 0
        return true
    }
}
