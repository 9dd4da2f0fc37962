// Compiles Aave v3.6 from its published source, and our own contracts beside it.
//
// node compile.js OUTPUT.json   (from this folder, after `npm ci`)
//
// Writes {"Name": {abi, bytecode, linkReferences}}: bytecode as hex without 0x, in which each
// library's place is listed as {"Library": [start byte, ...]}.

"use strict";

const fs = require("fs");
const path = require("path");
const solc = require("solc");

const MODULES = path.join(__dirname, "node_modules");
const AAVE = "@aave-dao/aave-v3-origin/src/contracts";
const ENTRIES = [
  `${AAVE}/helpers/AaveProtocolDataProvider.sol`,
  `${AAVE}/instances/ATokenInstance.sol`,
  `${AAVE}/instances/PoolConfiguratorInstance.sol`,
  `${AAVE}/instances/PoolInstance.sol`,
  `${AAVE}/instances/VariableDebtTokenInstance.sol`,
  `${AAVE}/misc/AaveOracle.sol`,
  `${AAVE}/misc/DefaultReserveInterestRateStrategyV2.sol`,
  `${AAVE}/protocol/configuration/ACLManager.sol`,
  `${AAVE}/protocol/configuration/PoolAddressesProvider.sol`,
];
const REMAPPINGS = [
  "openzeppelin-contracts/=@openzeppelin/",
  "openzeppelin-contracts-upgradeable/contracts/=@openzeppelin/contracts-upgradeable/",
  "solidity-utils/=@bgd-labs/solidity-utils/src/",
];

function findImport(name) {
  try {
    return { contents: fs.readFileSync(path.join(MODULES, name), "utf8") };
  } catch (error) {
    return { error: error.message };
  }
}

function readSources() {
  const sources = {};
  for (const name of ENTRIES) {
    sources[name] = { content: fs.readFileSync(path.join(MODULES, name), "utf8") };
  }
  const own = path.join(__dirname, "contracts");
  for (const name of fs.readdirSync(own).sort()) {
    sources[`contracts/${name}`] = { content: fs.readFileSync(path.join(own, name), "utf8") };
  }
  return sources;
}

function compile() {
  const input = {
    language: "Solidity",
    sources: readSources(),
    settings: {
      remappings: REMAPPINGS,
      optimizer: { enabled: true, runs: 200 },
      evmVersion: "shanghai",
      metadata: { bytecodeHash: "none" },
      outputSelection: {
        "*": { "*": ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"] },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport }));
  const wrong = (output.errors || []).filter((message) => message.severity === "error");
  if (wrong.length) {
    throw new Error(wrong.map((message) => message.formattedMessage).join("\n"));
  }
  return output.contracts;
}

function flatten(contracts) {
  const flat = {};
  for (const [source, file] of Object.entries(contracts)) {
    if (source.startsWith("@openzeppelin/")) {
      continue; // it names a library like one of Aave's
    }
    for (const [name, contract] of Object.entries(file)) {
      const { object, linkReferences } = contract.evm.bytecode;
      if (!object) {
        continue; // an interface, or abstract
      }
      const links = {};
      for (const libraries of Object.values(linkReferences)) {
        for (const [library, places] of Object.entries(libraries)) {
          links[library] = places.map((place) => place.start);
        }
      }
      flat[name] = { abi: contract.abi, bytecode: object, linkReferences: links };
    }
  }
  return flat;
}

fs.writeFileSync(process.argv[2], JSON.stringify(flatten(compile())));
