// What is remembered of tokens, and for how long.

import Pipeline
import Testing

@testable import Identity

@Suite struct TokenCacheTests {
    private var cache = TokenCache(most: 8)
    private let someone = Principal(tenant: "t", scopes: [], workspace: nil, credential: "issuer")

    @Test mutating func `forgets a token when it expires`() {
        cache.remember(someone, of: digest("a"), until: noon)

        let before = cache.principal(of: digest("a"), now: noon - .nanoseconds(1))
        let then = cache.principal(of: digest("a"), now: noon)

        #expect(before === someone)
        #expect(then == nil)
    }

    @Test mutating func `knows nobody else`() {
        cache.remember(someone, of: digest("a"), until: noon)

        #expect(cache.principal(of: digest("b"), now: .zero) == nil)
    }

    @Test mutating func `keeps what is used, and a bounded number of all`() {
        cache.remember(someone, of: digest("used"), until: noon)
        for number in 0..<1000 {
            cache.remember(someone, of: digest("\(number)"), until: noon)
            let known = cache.principal(of: digest("used"), now: .zero)
            #expect(known === someone)
        }
        var count = 0
        for number in 0..<1000 where cache.principal(of: digest("\(number)"), now: .zero) != nil { count += 1 }

        #expect((1...8).contains(count))
    }

    @Test(arguments: [(64, 64, true), (65, 4, false), (1, 4096, true), (1, 4097, false), (64, 65, false)])
    mutating func `remembers nobody with more scopes than a person has`(count: Int, bytes: Int, isRemembered: Bool) {
        let scopes = (0..<count).map { "\(10 + $0)" + String(repeating: "s", count: bytes - 2) }
        let many = Principal(tenant: "t", scopes: Set(scopes), workspace: nil, credential: "issuer")

        cache.remember(many, of: digest("a"), until: noon)
        let known = cache.principal(of: digest("a"), now: .zero)

        #expect((known != nil) == isRemembered)
    }

    @Test mutating func `forgets all when told to`() {
        cache.remember(someone, of: digest("a"), until: noon)

        cache.forgetAll()

        #expect(cache.principal(of: digest("a"), now: .zero) == nil)
    }
}
