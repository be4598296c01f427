// One GET by libcurl, waited for: what a command needs to ask the gateway and its operator's side.

import CCurl
import Foundation

/// What came back.
struct Asked {
    let status: Int
    /// Names in lower case.
    let fields: [String: String]
    let body: [UInt8]
}

struct CannotAsk: Error, CustomStringConvertible {
    let description: String
}

enum Asking {
    /// Asks once; redirects are not followed, proxies of the environment not used.
    /// - Parameter fields: header fields to send.
    static func get(_ url: String, _ fields: [(String, String)]) throws(CannotAsk) -> Asked {
        guard let easy = curl_easy_init() else { throw CannotAsk(description: "libcurl has no memory") }
        defer { curl_easy_cleanup(easy) }
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in fields { list = curl_slist_append(list, "\(name): \(value)") }
        defer { curl_slist_free_all(list) }
        let answer = Answer()
        // Alive until the end of this function, beyond which libcurl calls nothing.
        let context = UnsafeRawPointer(Unmanaged.passUnretained(answer).toOpaque())
        curl_set_pointer(easy, CURLOPT_URL, url)
        curl_set_pointer(easy, CURLOPT_HTTPHEADER, list)
        curl_set_pointer(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_set_pointer(easy, CURLOPT_NOPROXY, "*")
        curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 5_000)
        curl_set_long(easy, CURLOPT_TIMEOUT_MS, 60_000)
        curl_set_bytes_function(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        curl_set_bytes_function(easy, CURLOPT_HEADERFUNCTION, receiveLine)
        curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        let code = withExtendedLifetime(answer) { curl_easy_perform(easy) }
        guard code == CURLE_OK else {
            throw CannotAsk(description: "\(url): \(String(cString: curl_easy_strerror(code)))")
        }
        var status = 0
        curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return Asked(status: status, fields: answer.fields, body: answer.body)
    }
}

/// What libcurl hands over piece by piece.
private final class Answer {
    /// Nothing that is asked for is longer.
    private static let most = 64 << 20

    var fields: [String: String] = [:]
    var body: [UInt8] = []

    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= Self.most else { return 0 }
        body += bytes
        return bytes.count
    }

    func receive(line bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
            fields[line[..<colon].lowercased()] = value
        }
        return bytes.count
    }
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    answer(context)?.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func receiveLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    answer(context)?.receive(line: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func answer(_ context: UnsafeMutableRawPointer?) -> Answer? {
    context.map { Unmanaged<Answer>.fromOpaque($0).takeUnretainedValue() }
}
