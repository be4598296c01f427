// Addresses, paths, header fields, and the words one may have meant.

import Testing

@testable import Configuration

private func value<Value>(_ kind: Kind<Value>, _ text: String) -> Value? {
    do { return try kind.read(text) } catch { return nil }
}

@Suite struct ValueTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65_535),
        ("gateway-1.internal:80", "gateway-1.internal", 80), ("0.0.0.0:1", "0.0.0.0", 1),
    ]) func `reads an address`(text: String, host: String, port: Int) throws {
        let address = try #require(value(.address, text))

        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", "127.0.0.1:", "127.0.0.1:x", "[::1]", "[::1]8080", "[127.0.0.1]:80", "1.2.3:80", "a..b:80", "a b:80",
        "127.0.0.1:80:80", "[::1:80", "127.0.0.1\u{0}:80", "::1:80",
    ]) func `refuses what is no address`(text: String) {
        #expect(value(.address, text) == nil)
    }

    @Test func `knows what only this machine can reach`() {
        let hosts = ["127.0.0.1", "127.9.9.9", "::1", "localhost", "127.example.com", "0.0.0.0", "::", "10.0.0.1"]

        let loopback = hosts.filter { ListenAddress(host: $0, port: 1).isLoopback }

        #expect(loopback == ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
    }

    @Test(arguments: [
        ("127.0.0.1", "http://127.0.0.1:9901/"), ("0.0.0.0", "http://127.0.0.1:9901/"), ("::", "http://[::1]:9901/"),
        ("::1", "http://[::1]:9901/"), ("gateway.example", "http://gateway.example:9901/"),
    ])
    func `a listener's address leads a browser on this machine to it`(host: String, url: String) {
        #expect(ListenAddress(host: host, port: 9901).url == url)
    }

    @Test(arguments: ["10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32", "fd00::/8", "::/0", "::1/128"])
    func `reads a network`(text: String) {
        #expect(value(.network, text)?.description == text)
    }

    @Test(arguments: [
        ("http://127.0.0.1:9101", UpstreamSettings.Endpoint.url("http://127.0.0.1:9101")),
        ("http://crm", .url("http://crm:80")), ("https://crm.internal", .url("https://crm.internal:443")),
        ("https://[fd00::1]:8443", .url("https://[fd00::1]:8443")), ("unix:/run/crm.sock", .unix("/run/crm.sock")),
    ]) func `reads an endpoint`(text: String, expected: UpstreamSettings.Endpoint) {
        #expect(value(.endpoint, text) == expected)
    }

    @Test(arguments: ["/", "/a", "/a/{b}", "/a/{b.c}/d", "/a/", "/%2F/~x:@!$&'()*+,;=", "/{a}/{b}"])
    func `reads a path and writes it as it was`(text: String) {
        #expect(value(.template, text)?.description == text)
    }

    @Test(arguments: [
        "", "a", "//", "/a//b", "/.", "/..", "/a/../b", "/a?b", "/a#b", "/a b", "/ä", "/%", "/%2", "/%zz", "/{", "/}",
        "/{}", "/{a", "/a}", "/x{a}", "/{a}x", "/{a}{b}", "/{a.b.c}", "/{.a}", "/{a.}", "/{{a}}", "/{a b}", "/{ä}",
        "/\u{0}",
    ]) func `refuses what is no path`(text: String) {
        #expect(value(.template, text) == nil)
    }

    @Test(arguments: [
        "host", "HOST", "Transfer-Encoding", "user-agent", "TraceParent", "", "a b", "ä", "a:", "a\n", "Range",
    ])
    func `refuses a header`(name: String) {
        #expect(HeaderRules.refusal(ofName: name) != nil)
    }

    @Test(arguments: ["Authorization", "X-Api-Key", "api_key", "Cookie", "x"])
    func `takes a header`(name: String) {
        #expect(HeaderRules.refusal(ofName: name) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("retrys", "retries", 2),
        ("flaw", "lawn", 2),
        ("ca", "abc", 3), ("p99", "p95", 2),
    ]) func `counts slips between words`(left: String, right: String, distance: Int) {
        #expect(Nearest.distance(left, right) == distance)
        #expect(Nearest.distance(right, left) == distance)
    }

    @Test func `takes the nearest word, and none that is far`() {
        let words = ["timeouts", "retries", "tls", "headers"]

        #expect(Nearest.to("timeout", among: words) == "timeouts")
        #expect(Nearest.to("TLS", among: words) == "tls")
        #expect(Nearest.to("haeders", among: words) == "headers")
        #expect(Nearest.to("colour", among: words) == nil)
        #expect(Nearest.to("ca", among: words) == nil)
    }
}

@Suite struct PlaceholderTests {
    let placeholders = Placeholders(environment: ["NAME": "value", "EMPTY": "", "NESTED": "${NAME}", "N_2": "two"])

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("$", "$"), ("$NAME", "$NAME"), ("${NAME}", "value"),
        ("a${NAME}b${N_2}c", "avaluebtwoc"),
        ("${EMPTY}", ""), ("${EMPTY:-x}", "x"), ("${NAME:-x}", "value"), ("${NO:-x}", "x"), ("${NO:-}", ""),
        ("${NO:-a:-b}", "a:-b"), ("${NO:-http://h:1/}", "http://h:1/"), ("${NESTED}", "${NAME}"),
        ("$${NAME}", "${NAME}"),
        ("$$", "$$"), ("$$${NAME}", "$${NAME}"), ("}", "}"), ("{NAME}", "{NAME}"),
    ]) func `fills`(text: String, expected: String) throws {
        #expect(try placeholders.filled(text) == expected)
    }

    @Test(arguments: [
        ("${NO}", Placeholders.Mistake.unset("NO")), ("${", .malformed), ("${}", .malformed), ("${NAME", .malformed),
        ("${1N}", .malformed), ("${NA ME}", .malformed), ("${NAME:x}", .malformed), ("${NAME-x}", .malformed),
        ("${:-x}", .malformed), ("${ÄPFEL}", .malformed), ("${NAME}${NO}", .unset("NO")),
    ]) func `says why not`(text: String, mistake: Placeholders.Mistake) {
        #expect(throws: mistake) { try placeholders.filled(text) }
    }
}
