"""Recomputes from receipts alone what every party has, and compares it with the ledger.

Reads JSON from standard input:
  deposited   {party: microcredits}
  balances    {party: microcredits}, as the ledger has them
  feeBps, layerCount
  requests    [{id, user, driver, fence, state, hold, lockedPrice, promptTokensMax, outputTokensMax,
                acknowledged: {prompt, output}, price, billed, fee, refund, receipts: [signed messages]}]
Writes JSON: {receipts, billedRequests, wrong: [text]}.

Shares no code with the product: its own Ed25519 (RFC 8032), bech32m (BIP 350), canonical JSON and split.
"""

import base64
import hashlib
import json
import sys
from fractions import Fraction

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Adds two points in extended homogeneous coordinates."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = f - e, d - c, d + c, f + e
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def is_same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(data):
    """Decompresses a point; None if there is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    a, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    return is_same(times(s, BASE), add(r, times(h, a)))


CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def key_of(party):
    """The 32 bytes of the key behind a party's id, whose checksum must be right."""
    prefix, data = party.rsplit("1", 1)
    values = [CHARSET.index(c) for c in data]
    chk = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values:
        top, chk = chk >> 25, (chk & 0x1FFFFFF) << 5 ^ value
        for i, part in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            chk ^= part if (top >> i) & 1 else 0
    assert chk == 0x2BC830A3, f"the checksum of {party} is wrong"
    bits = int("".join(f"{value:05b}" for value in values[:-6])[:256], 2)
    return bits.to_bytes(32, "big")


def signed_bytes(message):
    fields = {k: message[k] for k in ("purpose", "signer", "issuedAtMs", "nonce", "body")}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return b"shardline:message:1\n" + hashlib.sha3_256(text.encode()).digest()


def unpad(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def refusal(request, layer_count):
    """Why a request's receipts don't count; None if they do."""
    bodies = []
    for message in request["receipts"]:
        body = message["body"]
        if message["purpose"] != "shardline/receipt" or message["signer"] != body["node"]:
            return "a receipt is not its node's own"
        if not is_signed(key_of(body["node"]), signed_bytes(message), unpad(message["signature"])):
            return f"{body['node']} did not sign its receipt"
        if body["request"] != request["id"] or body["fence"] != request["fence"]:
            return "a receipt is for another claim"
        bodies.append(body)
    if len({(b["promptTokens"], b["outputTokens"], b["numericClass"], b["model"]) for b in bodies}) != 1:
        return "receipts differ in what they count"
    if [b["node"] for b in bodies if b["role"] == "driver"] != [request["driver"]]:
        return "there is not one receipt of the driver"
    if sum(b["role"] == "validator" for b in bodies) != 1:
        return "there is not one receipt of a validator"
    ranges = sorted((b["layers"]["first"], b["layers"]["last"]) for b in bodies if b["role"] == "worker")
    following = 0
    for first, last in ranges:
        if first != following or last < first:
            return f"layers {first}-{last} leave a gap or overlap"
        following = last + 1
    return None if following == layer_count else f"layers end at {following}"


def split(amount, bodies):
    """15 % driver, 70 % workers in equal parts, 15 % validator; largest remainder, ties to the lower id."""
    workers = sorted({b["node"] for b in bodies if b["role"] == "worker"})
    shares = {}
    for body in bodies:
        if body["role"] != "worker":
            shares[body["node"]] = shares.get(body["node"], 0) + Fraction(15, 100)
    for worker in workers:
        shares[worker] = shares.get(worker, 0) + Fraction(70, 100) / len(workers)
    exact = {node: amount * share for node, share in shares.items()}
    legs = {node: value.numerator // value.denominator for node, value in exact.items()}
    order = sorted(exact, key=lambda node: (-(exact[node] - legs[node]), node))
    for node in order[: amount - sum(legs.values())]:
        legs[node] += 1
    return legs


def main():
    given = json.load(sys.stdin)
    expected = {party: int(amount) for party, amount in given["deposited"].items()}
    wrong, receipts, billed_requests = [], 0, 0

    def move(party, amount):
        expected[party] = expected.get(party, 0) + amount

    for request in given["requests"]:
        if request["state"] != "COMPLETED":
            if int(request["billed"]) != 0:
                wrong.append(f"{request['id']} is {request['state']} and was billed {request['billed']}")
            continue
        why = refusal(request, given["layerCount"])
        receipts += len(request["receipts"])
        if why is not None:
            wrong.append(f"{request['id']}: {why}")
            continue
        bodies = [message["body"] for message in request["receipts"]]
        got = request["acknowledged"]
        tokens = min(bodies[0]["promptTokens"], got["prompt"], request["promptTokensMax"])
        tokens += min(bodies[0]["outputTokens"], got["output"], request["outputTokensMax"])
        if bodies[0]["outputTokens"] != got["output"] or bodies[0]["promptTokens"] != got["prompt"]:
            wrong.append(f"{request['id']}: produced {bodies[0]['outputTokens']}, acknowledged {got['output']}")
        price = Fraction(request["price"])
        if price > Fraction(request["lockedPrice"]):
            wrong.append(f"{request['id']}: billed above the locked price")
        exact = price * tokens / 1_000_000
        billed = min(int(request["hold"]), -(-exact.numerator // exact.denominator))
        fee = (billed * given["feeBps"] + 5_000) // 10_000
        if (billed, fee) != (int(request["billed"]), int(request["fee"])):
            wrong.append(f"{request['id']}: {billed} and fee {fee}, not {request['billed']} and {request['fee']}")
        billed_requests += 1
        move(request["user"], -billed)
        for node, amount in split(billed - fee, bodies).items():
            move(node, amount)
    for party, balance in given["balances"].items():
        if expected.get(party, 0) != int(balance):
            wrong.append(f"{party} has {balance}, not {expected.get(party, 0)}")
    json.dump({"receipts": receipts, "billedRequests": billed_requests, "wrong": wrong}, sys.stdout)


main()
