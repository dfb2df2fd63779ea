{# What one canonical column reads, by the forms of docs/inputs.md: a header name, a list of forms
   of which the first value that is not blank wins, {column, json}, {value}, {sql} or {path}.
   Returns `sql`; `names`, the header names; `places`, where the header has them; `twice`, the
   names that it has twice; and `is_found`, false if it needs header names and the file has none
   of them. #}
{% macro mapped_value(spec, header) -%}
    {%- set none_found = 'cast(null as string)' -%}
    {%- set value = {'sql': none_found, 'names': [], 'places': [], 'twice': []} -%}

    {%- if spec is not string and spec is not mapping -%}
        {%- set found = [] -%}
        {%- for one in spec -%}
            {%- set part = mapped_value(one, header) -%}
            {%- for key in ['names', 'places', 'twice'] -%}
                {%- do value[key].extend(part[key]) -%}
            {%- endfor -%}
            {%- if part.is_found -%}
                {%- do found.append(part.sql) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do value.update({
            'sql': 'coalesce(' ~ (found + [none_found]) | join(', ') ~ ')',
            'is_found': found | length > 0,
        }) -%}
        {{ return(value) }}
    {%- endif -%}

    {%- if spec is string -%}
        {%- do value.names.append(spec) -%}
    {%- elif 'column' in spec -%}
        {%- do value.names.append(spec.column) -%}
    {%- else -%}
        {%- do value.names.extend(modules.re.findall('[{]([^{}]+)[}]', spec.get('sql') or '')) -%}
    {%- endif -%}
    {%- set sql_of = {} -%}
    {%- for name in value.names | unique -%}
        {%- set places = places_of(name, header) -%}
        {%- if places | length > 1 -%}
            {%- do value.twice.append(name) -%}
        {%- endif -%}
        {%- do value.places.extend(places[:1]) -%}
        {%- do sql_of.update({name: 'c' ~ places[0] if places else none_found}) -%}
    {%- endfor -%}
    {%- do value.update({'is_found': value.places or not value.names}) -%}

    {%- if spec is string -%}
        {%- do value.update({'sql': sql_of[spec]}) -%}
    {%- elif 'json' in spec -%}
        {%- set members = [] -%}
        {%- for key in ([spec.json] if spec.json is string else spec.json) -%}
            {%- set member = json_text(sql_of[spec.column], key) -%}
            {%- do members.append('nullif(trim(' ~ member ~ "), '')") -%}
        {%- endfor -%}
        {%- do value.update({'sql': 'coalesce(' ~ (members + [none_found]) | join(', ') ~ ')'}) -%}
    {%- elif 'column' in spec -%}
        {%- do value.update({'sql': sql_of[spec.column]}) -%}
    {%- elif 'sql' in spec -%}
        {%- set parts = [] -%}
        {%- for part in modules.re.split('([{][^{}]+[}])', spec.sql) -%}
            {%- do parts.append(sql_of[part[1:-1]] if part.startswith('{') else part) -%}
        {%- endfor -%}
        {%- do value.update({'sql': "nullif(cast(" ~ parts | join ~ " as string), '')"}) -%}
    {%- elif 'path' in spec -%}
        {%- do value.update({'sql': text_of_path(spec.path)}) -%}
    {%- elif spec.value is not none -%}
        {%- do value.update({'sql': sql_string(spec.value)}) -%}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}
