const search = document.getElementById('search');
const found = document.getElementById('found');
const operations = [...document.querySelectorAll('.operation')];
const entries = new Map([...document.querySelectorAll('nav [data-for]')].map((entry) => [entry.dataset.for, entry]));
const areas = [...document.querySelectorAll('.area')];

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const operation of operations) {
    const fits = words.every((word) => operation.dataset.search.includes(word));
    operation.hidden = !fits;
    const entry = entries.get(operation.id);
    if (entry) entry.hidden = !fits;
    if (fits) shown += 1;
  }
  for (const area of areas) area.hidden = !area.querySelector('.operation:not([hidden])');
  found.textContent = words.length === 0 ? '' : `${shown} of ${operations.length}`;
}

search.addEventListener('input', filter);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});
