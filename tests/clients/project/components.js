const { createElement } = require("react");
module.exports = { default: { weather: ({ degrees }) => createElement("p", null, `${degrees} degrees`) } };
