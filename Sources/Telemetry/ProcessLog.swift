// The process's own log on stderr, behind swift-log: a line an event, as text for people or as JSON. Whatever a client or an
// upstream put into an event, it cannot break its line, and a reader that is too slow holds nobody up.

package import Configuration
package import Logging
internal import Synchronization

/// Where log handlers write to. From any thread.
package final class ProcessLog: Sendable {
    private let writer: AccessLogWriter
    private let level = Atomic<Int>(0)
    private let isJSON = Atomic<Bool>(false)

    /// Starts a thread that writes to stderr.
    package convenience init() throws(AccessLogUnavailable) { try self.init(to: .standardError) }

    /// - Parameter limit: bytes that may wait.
    init(to file: consuming LogFile, limit: Int = 4 * 1024 * 1024) throws(AccessLogUnavailable) {
        writer = try AccessLogWriter(to: file, limit: limit)
        follow(TelemetrySettings.Log())
    }

    /// Writes by these settings from now on, whoever logs.
    package func follow(_ settings: TelemetrySettings.Log) {
        level.store(Logger.Level(settings.level).rank, ordering: .relaxed)
        isJSON.store(settings.format == .json, ordering: .relaxed)
    }

    package func handler() -> any LogHandler { ProcessLogHandler(self) }

    /// Lines that were not written since the start.
    package var losses: AccessLogWriter.Losses { writer.losses }

    /// Writes what is waiting, for so long at most.
    package func close(within limit: Duration) { writer.close(within: limit) }

    fileprivate var logLevel: Logger.Level { Logger.Level.allCases[level.load(ordering: .relaxed)] }

    fileprivate func write(_ event: LogEvent, _ metadata: Logger.Metadata) {
        var line = LineBytes(capacity: 512), timestamps = Timestamps()
        let metadata = metadata.sorted { $0.key < $1.key }
        if isJSON.load(ordering: .relaxed) {
            line.append("{\"time\":\"")
            timestamps.write(WallClock.now, to: &line)
            line.append("\",\"level\":")
            line.append(quoted: event.level.rawValue)
            line.append(",\"message\":")
            line.append(quoted: "\(event.message)")
            for (key, value) in metadata {
                line.append(",")
                line.append(quoted: key)
                line.append(":")
                line.append(quoted: "\(value)")
            }
            line.append("}\n")
        } else {
            timestamps.write(WallClock.now, to: &line)
            line.append(" ")
            line.append(word: event.level.rawValue)
            line.append(" ")
            line.append(sentence: "\(event.message)")
            for (key, value) in metadata {
                line.append(" ")
                line.append(word: key)
                line.append("=")
                line.append(word: "\(value)")
            }
            line.append("\n")
        }
        writer.take(AccessLogWriter.Block(bytes: line.array, lines: 1))
    }
}

/// One logger's handler. Its level is the log's, unless the logger was given one of its own.
private struct ProcessLogHandler: LogHandler {
    let log: ProcessLog
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private var ownLevel: Logger.Level?

    init(_ log: ProcessLog) { self.log = log }

    var logLevel: Logger.Level {
        get { ownLevel ?? log.logLevel }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        log.write(event, all)
    }
}

extension Logger.Level {
    fileprivate init(_ level: TelemetrySettings.Log.Level) {
        switch level {
        case .trace: self = .trace
        case .debug: self = .debug
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .critical
        }
    }

    /// Its place among all.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension LineBytes {
    /// Appends `text` as it is if it is one plain word, else in quotation marks.
    fileprivate mutating func append(word text: String) {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
        if isPlain, text.utf8.count <= Self.longestText { append(plain: text) } else { append(quoted: text) }
    }

    /// Appends a sentence of ours; one that holds what is not printable ASCII, as only a library's might, in quotation marks.
    fileprivate mutating func append(sentence text: String) {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        if isPlain, text.utf8.count <= Self.longestText { append(plain: text) } else { append(quoted: text) }
    }

    private mutating func append(plain text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }
}
