'use strict';

module.exports = function (options) {
  return options;
};

module.exports.named = function () {};

var App = module.exports = {};

App.start = function start(port) {
  this.port = port;
  this.stop = function () {};
};

App.get = App.fetch = function (path) {
  return path;
};

const Button = React.memo(({ title }) => {
  return title;
});

export default {
  name: 'shop',
  methods: {
    open() { return 1; },
  },
};
