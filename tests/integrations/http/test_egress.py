"""Which addresses workflows may call: counted in connections, not in answers."""

import asyncio
import gzip
import ipaddress
import socket
import zlib

import pytest

from stepwell.integrations.circuit import FAILURES_MAX
from stepwell.integrations.http.egress import Egress, NoAnswer, Oversize, Unreadable, is_public, read_networks
from tests.integrations.fake_aws import fake_aws

HOME = read_networks("127.0.0.0/8, ::1/128")
BLOCKED = [
    # this computer, spelled in every way that somebody has tried
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "127.000.000.001", "2130706433"),
    *("017700000001", "0x7f000001", "0x7f.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1", "0177.0x0.0.1", "00000177.1"),
    *("0", "0.0.0.0", "0x0", "00.0.0.0", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "①②⑦.⓪.⓪.①"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[0000::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]"),
    # the metadata services of clouds
    *("169.254.169.254", "169.254.170.2", "169.254.169.253", "2852039166", "0xA9FEA9FE", "0xa9.0xfe.0xa9.0xfe"),
    *("025177524776", "0251.0376.0251.0376", "169.16689662", "169.254.43518", "[::ffff:169.254.169.254]"),
    *("[::ffff:a9fe:a9fe]", "[fd00:ec2::254]", "[fe80::a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]"),
    *("100.100.100.200", "192.0.0.192", "168.63.129.16"),
    # networks of one's own
    *("10.0.0.1", "10.255.255.255", "167772161", "0x0a000001", "012.0.0.1", "10.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.0.1", "192.168.1.254", "3232235777", "0xc0a80101", "0300.0250.1.1", "192.168.257", "100.64.0.1"),
    *("[fc00::1]", "[fdff::1]", "[fe80::1]", "[fec0::1]", "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]"),
    *("[2002:c0a8:101::1]", "[2001:0:7f00:1::1]", "[100::1]"),
    # nobody's and everybody's
    *("224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "198.51.100.1"),
    *("203.0.113.1", "192.0.0.1", "0.1.2.3", "[ff02::1]", "[ff0e::1]", "[2001:db8::1]", "[2001:10::1]"),
]


class Attempts:
    """A loop's attempts to connect: written down, and refused before anything leaves."""

    def __init__(self, monkeypatch):
        self.made = []
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", self.connect)

    async def connect(self, sock, address):
        self.made.append(address[0])
        raise ConnectionRefusedError(111, "nobody is called in tests")


async def refused(url, egress=None):
    egress = egress or Egress()
    try:
        with pytest.raises(NoAnswer) as caught:
            await egress.request("GET", url, {}, None)
    finally:
        await egress.close()
    return str(caught.value)


def test_the_list_is_as_long_as_it_should_be():
    assert len(set(BLOCKED)) == len(BLOCKED) >= 90


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", BLOCKED)
async def test_no_connection_is_made_to(host, scheme, monkeypatch):
    attempts = Attempts(monkeypatch)
    await refused(f"{scheme}://{host}/latest/meta-data")
    await refused(f"{scheme}://{host}:8080/")
    assert attempts.made == []


async def test_a_public_address_is_called_over_https_only(monkeypatch):
    attempts = Attempts(monkeypatch)
    assert "nobody is called in tests" in await refused("https://8.8.8.8/")
    assert attempts.made == ["8.8.8.8"]
    assert await refused("http://8.8.8.8/") == "8.8.8.8 has no address that may be called from here"
    await refused("https://[2606:4700::1111]/")
    assert attempts.made == ["8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "//8.8.8.8/", "8.8.8.8", "https://", ""),
        *("https:///etc", "https://8.8.8.8:99999/", "unix:///var/run/docker.sock", "https://[8.8.8.8/"),
    ],
)
async def test_no_connection_is_made_for_other_addresses(url, monkeypatch):
    attempts = Attempts(monkeypatch)
    await refused(url)
    assert attempts.made == []


async def test_a_name_that_means_another_address_the_next_time(monkeypatch):
    attempts = Attempts(monkeypatch)
    answers = [["8.8.8.8"], ["127.0.0.1"], ["8.8.4.4", "10.0.0.1"], ["169.254.169.254", "8.8.8.8"]]

    async def resolve(host, port, **more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    egress = Egress()
    for _ in range(4):
        with pytest.raises(NoAnswer):
            await egress.request("GET", "https://rebound.example/", {}, None)
    await egress.close()
    assert set(attempts.made) == {"8.8.8.8", "8.8.4.4"}


async def test_what_is_refused_tells_nothing_of_what_is_there():
    async with fake_aws((200, {}, b"secret")) as fake:
        there, gone = await refused(fake.url), await refused("http://127.0.0.1:1/")
        assert there == gone == "127.0.0.1 has no address that may be called from here"
        assert fake.asked == []


async def test_an_allowed_network_is_called_over_http_too():
    async with fake_aws((200, {"X-A": "1"}, b"here")) as fake:
        egress = Egress(HOME)
        response = await egress.request("POST", f"{fake.url}/a%2Fb?c=%20", {"H": "v"}, b"body")
        await egress.close()
    assert (response.status, response.reason, response.body, response.header("x-a")) == (200, "OK", b"here", "1")
    [asked] = fake.asked
    assert (asked.method, asked.path, asked.body, asked.headers["H"]) == ("POST", "/a%2Fb?c=%20", b"body", "v")


async def test_only_the_allowed_network_is(monkeypatch):
    attempts = Attempts(monkeypatch)
    egress = Egress(read_networks("10.1.0.0/16"))
    assert egress.may_call("::ffff:10.1.2.3", "http")
    for host in ("127.0.0.1", "10.2.0.1", "[::ffff:10.2.0.1]"):
        await refused(f"http://{host}/", egress)
    assert attempts.made == []


async def test_no_redirect_is_followed():
    async with fake_aws((302, {"Location": "http://169.254.169.254/"}, b"there")) as fake:
        egress = Egress(HOME)
        response = await egress.request("GET", fake.url, {}, None)
        await egress.close()
    assert (response.status, response.body, len(fake.asked)) == (302, b"there", 1)


async def test_nothing_is_remembered_and_no_proxy_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with fake_aws((200, {"Set-Cookie": "a=b"}, b"")) as fake:
        egress = Egress(HOME)
        for _ in range(2):
            await egress.request("GET", fake.url, {}, None)
        await egress.close()
    assert len(fake.asked) == 2
    assert not any(name.lower() == "cookie" for asked in fake.asked for name in asked.headers)


@pytest.mark.parametrize("size, fits", [(262_144, True), (262_145, False)])
@pytest.mark.parametrize("encoding, pack", [("", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_the_size_of_an_answer(size, fits, encoding, pack):
    headers = {"Content-Encoding": encoding} if encoding else {}
    async with fake_aws((200, headers, pack(b"a" * size))) as fake:
        egress = Egress(HOME)
        if fits:
            assert (await egress.request("GET", fake.url, {}, None)).body == b"a" * size
        else:
            with pytest.raises(Oversize):
                await egress.request("GET", fake.url, {}, None)
        await egress.close()


@pytest.mark.parametrize("encoding, body", [("br", b"x"), ("gzip", b"no gzip"), ("gzip, gzip", b"x")])
async def test_an_answer_that_cannot_be_unpacked(encoding, body):
    async with fake_aws((200, {"Content-Encoding": encoding}, body)) as fake:
        egress = Egress(HOME)
        with pytest.raises(Unreadable):
            await egress.request("GET", fake.url, {}, None)
        await egress.close()


async def test_a_host_that_is_dead_is_left_alone_and_others_are_not():
    async with fake_aws((200, {}, b"1")) as fake:
        async with fake_aws((200, {}, b"")) as dead:
            pass
        egress = Egress(HOME)
        try:
            said = []
            for _ in range(FAILURES_MAX + 1):
                with pytest.raises(NoAnswer) as caught:
                    await egress.request("GET", dead.url, {}, None)
                said.append(str(caught.value))
            assert (await egress.request("GET", fake.url, {}, None)).body == b"1"
        finally:
            await egress.close()
    assert "so this one was not tried" not in said[FAILURES_MAX - 1]
    assert "so this one was not tried" in said[FAILURES_MAX]


async def test_what_may_not_be_called_says_so_each_time():
    egress = Egress()
    try:
        for _ in range(FAILURES_MAX + 2):
            with pytest.raises(NoAnswer, match="has no address that may be called from here"):
                await egress.request("GET", "https://127.0.0.1:1/", {}, None)
    finally:
        await egress.close()


async def test_an_answer_that_does_not_come():
    stop = asyncio.Event()

    async def silent(reader, writer):
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    assert await refused(url, Egress(HOME, total_s=0.05)) == "Read timed out"
    stop.set()
    server.close()


@pytest.mark.parametrize("text", ["10.1.0.0", "10.1.0.0/33", "10.1.2.3/16", "here", "10.0.0.0/8,"])
def test_networks(text):
    if text in ("10.1.0.0", "10.0.0.0/8,"):
        assert len(read_networks(text)) == 1
    else:
        with pytest.raises(ValueError):
            read_networks(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"])
def test_public(address):
    assert is_public(ipaddress.ip_address(address))
