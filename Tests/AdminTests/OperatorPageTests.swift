// The page as bytes: whole, and allowed nothing but itself.

import Foundation
import Pipeline
import Testing

@testable import Admin

@Suite struct OperatorPageTests {
    @Test func `is put together, and its policy lets in what carries its nonce alone`() throws {
        let response = OperatorPage.response()
        let page = String(decoding: response.body, as: UTF8.self)
        let policy = try #require(response["Content-Security-Policy"])
        let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-f]{32})'/)).1

        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(page.contains("<script nonce=\"\(nonce)\">") && page.contains("<style nonce=\"\(nonce)\">"))
        #expect(page.components(separatedBy: "nonce=").count == 3)
        for left in ["NONCE", "STYLE", "SCRIPT"] { #expect(!page.contains(left)) }
        #expect(OperatorPage.response()["Content-Security-Policy"] != policy)
    }

    @Test func `makes no markup of data and asks nobody else`() {
        let page = String(decoding: OperatorPage.response().body, as: UTF8.self)

        for danger in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "srcdoc"] {
            #expect(!page.contains(danger))
        }
        // The namespace of SVG is a name, and nobody is asked for it.
        let outside = page.replacing("http://www.w3.org/2000/svg", with: "").replacing("^https?:", with: "")
        #expect(!outside.contains("http://") && !outside.contains("https://") && !outside.contains("//cdn"))
    }
}
