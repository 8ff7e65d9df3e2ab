// A worker that ticks: a page in the background has its own timers slowed to one a second, a worker has not.
let timer = 0;
onmessage = ({ data }) => {
  clearInterval(timer);
  if (data > 0) timer = setInterval(() => postMessage(0), data);
};
