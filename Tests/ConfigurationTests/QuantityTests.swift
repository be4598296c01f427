// Amounts, as an operator writes them.

import Testing

@testable import Configuration

/// The value read, or nil.
private func value<Value>(_ kind: Kind<Value>, _ text: String) -> Value? {
    do { return try kind.read(text) } catch { return nil }
}

private func suggestion<Value>(_ kind: Kind<Value>, _ text: String) -> String? {
    do {
        _ = try kind.read(text)
        return nil
    } catch {
        return error.suggestion
    }
}

@Suite struct QuantityTests {
    let durations = Kind<Duration>.duration(.zero...Duration.seconds(86_400))
    let sizes = Kind<Int>.size(0...Int.max)
    let shares = Kind<Double>.share(0...100)

    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("3s", .seconds(3)), ("10m", .seconds(600)), ("2h", .seconds(7200)),
        ("0s", .zero), ("007s", .seconds(7)), ("86400s", .seconds(86_400)),
    ]) func `reads a duration`(text: String, expected: Duration) {
        #expect(value(durations, text) == expected)
    }

    @Test(arguments: [
        "", "s", "3", "3 s", " 3s", "3s ", "3S", "3.5s", "-3s", "+3s", "3s3s", "1m30s", "3d", "٣s", "3ms\u{0}", "25h",
        "9223372036854775807h", "9223372036854775808s", "99999999999999999999ms",
    ]) func `refuses what is no duration in range`(text: String) {
        #expect(value(durations, text) == nil)
    }

    @Test(arguments: [
        ("3", "`3s`"), ("3 s", "`3s`"), ("3S", "`3s`"), ("3sec", "`3s`"), ("3 minutes", "`3m`"), ("2hours", "`2h`"),
        ("250msec", "`250ms`"), ("250 millis", "`250ms`"), ("1.5s", "`1500ms`"), ("1m30s", nil), ("soon", nil),
        ("3d", nil),
    ]) func `suggests a duration`(text: String, expected: String?) {
        #expect(suggestion(durations, text) == expected)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(1500), "1500ms"), (.seconds(75), "75s"),
        (.seconds(60), "1m"), (.seconds(3600), "1h"), (.milliseconds(-5), "-5ms"),
        (.seconds(Int64.max), "9223372036854775807s"),
    ]) func `writes a duration`(duration: Duration, expected: String) {
        #expect(duration.written == expected)
    }

    @Test(arguments: [
        ("512B", 512), ("0B", 0), ("32KiB", 32_768), ("4MiB", 4_194_304), ("1GiB", 1_073_741_824),
    ]) func `reads a size`(text: String, expected: Int) {
        #expect(value(sizes, text) == expected)
    }

    @Test(arguments: [
        "", "512", "32KB", "32kib", "32 KiB", "1.5MiB", "-1B", "1TiB", "9223372036854775807GiB", "KiB",
    ]) func `refuses what is no size`(text: String) {
        #expect(value(sizes, text) == nil)
    }

    @Test(arguments: [
        ("512", "`512B`"), ("32KB", "`32KiB`"), ("32k", "`32KiB`"), ("4 MB", "`4MiB`"), ("1T", nil),
    ]) func `suggests a size`(text: String, expected: String?) {
        #expect(suggestion(sizes, text) == expected)
    }

    @Test(arguments: [("20%", 0.2), ("0%", 0), ("100%", 1), ("0.5%", 0.005), ("12.5%", 0.125)])
    func `reads a percentage`(text: String, expected: Double) {
        #expect(value(shares, text) == expected)
    }

    @Test(arguments: [
        "", "%", "20", "0.2", "101%", "-1%", "1e1%", "nan%", "inf%", "0x10%", "20 %", "20%%", ".5%", "1.2.3%",
    ])
    func `refuses what is no percentage`(text: String) {
        #expect(value(shares, text) == nil)
    }

    @Test(arguments: [("1", 1), ("0100", 100), ("1000", 1000)])
    func `reads a whole number`(text: String, expected: Int) {
        #expect(value(.whole(1...1000), text) == expected)
    }

    @Test(arguments: ["", "0", "1001", "1_000", "1.0", "0x1", "+1", "-1", "1e2", "one", "99999999999999999999", "²"])
    func `refuses what is no whole number in range`(text: String) {
        #expect(value(.whole(1...1000), text) == nil)
    }
}
