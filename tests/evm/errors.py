"""Names for what a contract answers when it refuses: the same names for v3.0 and v3.6."""

import functools
import re

from tests.evm.toolchain import MODULES, contracts_36

ERROR_STRING = "0x08c379a0"
PANIC = "0x4e487b71"
ERRORS_30 = MODULES / "@aave" / "core-v3" / "contracts/protocol/libraries/helpers/Errors.sol"


def reason_name(output: str) -> str:
    """Return the name of a refusal from its return data, or the data where none is known.

    v3.6 answers custom errors, v3.0 a number as text, which becomes the same CamelCase name;
    arithmetic that underflows is "Panic".
    """
    if output.startswith(ERROR_STRING):
        length = int(output[74:138], 16)
        text = bytes.fromhex(output[138 : 138 + 2 * length]).decode()
        return _names_30().get(text, text)
    if output.startswith(PANIC):
        return "Panic"
    return _names_36().get(output[:10], output)


@functools.cache
def _names_36() -> dict[str, str]:
    from web3 import Web3

    names = {}
    for entry in contracts_36()["Errors"]["abi"]:
        types = ",".join(argument["type"] for argument in entry["inputs"])
        selector = Web3.keccak(text=f"{entry['name']}({types})")[:4]
        names[Web3.to_hex(selector)] = entry["name"]
    return names


@functools.cache
def _names_30() -> dict[str, str]:
    listed = re.findall(r"string public constant (\w+) = '(\d+)'", ERRORS_30.read_text())
    return {number: "".join(word.title() for word in name.split("_")) for name, number in listed}
