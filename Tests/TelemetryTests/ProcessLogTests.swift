// The process's own log: a line an event, whatever is in it.

import Configuration
import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite struct ProcessLogTests {
    /// What is written when `body` logs by these settings.
    private func lines(
        _ format: TelemetrySettings.Log.Format, _ level: TelemetrySettings.Log.Level = .info, _ body: (Logger) -> Void
    ) throws -> [String] {
        let folder = try Folder()
        let path = folder.path("log")
        let log = try ProcessLog(to: LogFile(path: path))
        var settings = TelemetrySettings.Log()
        (settings.format, settings.level) = (format, level)
        log.follow(settings)
        body(Logger(label: "gateway") { _ in log.handler() })
        log.close(within: .seconds(10))
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func `a line for people has the sentence and then its fields in order`() throws {
        let lines = try lines(.text) {
            $0.warning("It is so.", metadata: ["b": "two words", "a": "127.0.0.1:80", "c": ""])
        }

        #expect(lines.count == 1)
        #expect(
            lines.first?.dropFirst("2026-03-01T12:34:56.789Z".count)
                == #" warning It is so. a=127.0.0.1:80 b="two words" c="""#)
    }

    @Test func `a line of JSON has the same`() throws {
        let lines = try lines(.json) { $0.error("It is so.", metadata: ["a": "1", "list": ["x", "y"]]) }

        let members = try object(lines.first ?? "")
        #expect(members.keys.sorted() == ["a", "level", "list", "message", "time"])
        #expect(members["level"] as? String == "error")
        #expect(members["message"] as? String == "It is so.")
        #expect(members["a"] as? String == "1")
    }

    @Test(arguments: TelemetrySettings.Log.Format.allCases)
    func `no text can break its line or begin another`(format: TelemetrySettings.Log.Format) throws {
        let hostile = [
            "\n", "a\r\nb", "\u{0}", "\u{1b}[2J", "\"", "\\", "x=\"y\" z", "\u{2028}", "\u{202e}", "é", "\u{85}",
        ]
        let lines = try lines(format) { logger in
            for text in hostile { logger.info("Hm.\(text)", metadata: ["\(text)key": "\(text)"]) }
        }

        #expect(lines.count == hostile.count)
        #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } })
        guard format == .json else { return }
        for (line, text) in zip(lines, hostile) { #expect(try object(line)["message"] as? String == "Hm.\(text)") }
    }

    @Test func `lines that nobody reads are lost, and counted, and hold nobody up`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let log = try ProcessLog(to: LogFile(borrowing: ends[1]), limit: 64 * 1024)
        let logger = Logger(label: "gateway") { _ in log.handler() }
        let sentence = String(repeating: "x", count: 200)

        // More than a pipe holds, and what may wait for it.
        for _ in 0..<2000 { logger.info("It is so.", metadata: ["a": "\(sentence)"]) }

        #expect(log.losses.refused > 0 && log.losses.refused < 2000)
        #expect(log.losses.failed == 0)
        // The thread goes when there is room.
        var piece = [UInt8](repeating: 0, count: 65_536), lines = 0
        while lines < 2000 - log.losses.refused {
            let count = read(ends[0], &piece, piece.count)
            try #require(count > 0)
            lines += piece[..<count].count { $0 == UInt8(ascii: "\n") }
        }
        log.close(within: .seconds(10))
        #expect(lines + log.losses.refused == 2000)
    }

    @Test func `what is less important than the level is left out, and the level may change`() throws {
        let folder = try Folder()
        let path = folder.path("log")
        let log = try ProcessLog(to: LogFile(path: path))
        let logger = Logger(label: "gateway") { _ in log.handler() }

        logger.debug("one")
        var settings = TelemetrySettings.Log()
        settings.level = .debug
        log.follow(settings)
        logger.debug("two")
        settings.level = .critical
        log.follow(settings)
        logger.error("three")
        log.close(within: .seconds(10))

        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("two") && !text.contains("one") && !text.contains("three"))
    }
}
