-- The people of the demo. Nobody of them exists. The PIN of each is 2580.

INSERT INTO subscribers (number, name, star, language, deaf, prepaid, state, balance, pin, plan_fen, since, pin_wrong) VALUES
    ('13800138000', '王*',    5, 'zh-CN', 0, 0, 'active',   5820, '2580', 12900, '2016-05-17', 0),
    ('13800138001', 'Smith',  3, 'en',    0, 0, 'active',  12600, '2580',  7900, '2021-09-01', 0),
    ('13800138002', '李*',    4, 'zh-CN', 1, 0, 'active',   8800, '2580',  9900, '2018-03-12', 0),
    ('13800138003', '张*',    1, 'zh-CN', 0, 1, 'active',      0, '2580',     0, '2026-01-20', 0),
    ('13800138004', 'Miller', 2, 'en',    0, 0, 'active',  -3650, '2580',  5900, '2023-11-05', 0),
    ('13800138005', '刘*',    2, 'zh-CN', 0, 0, 'blocked', -9900, '2580',  5900, '2022-07-30', 0),
    ('13800138006', 'Brown',  5, 'en',    0, 0, 'roaming', 30050, '2580', 19900, '2015-02-14', 0),
    ('13800138007', '陈*',    1, 'zh-CN', 0, 1, 'active',   2000, '2580',     0, '2025-06-01', 0),
    ('13800138008', 'Jones',  3, 'en',    1, 0, 'active',   4500, '2580',  7900, '2020-10-10', 0),
    ('13800138009', '赵*',    4, 'zh-CN', 0, 0, 'active',   6600, '2580',  9900, '2019-12-24', 3);

INSERT INTO bills (number, back, plan, calls, data, extras)
    SELECT number, 1, plan_fen, 620, 1500, 300 FROM subscribers
    UNION ALL SELECT number, 2, plan_fen, 1240, 0, 300 FROM subscribers
    UNION ALL SELECT number, 3, plan_fen, 415, 3000, 0 FROM subscribers;

-- 13800138003 and 13800138007 have none.
INSERT INTO packages (number, kind, used, total) VALUES
    ('13800138000', 'data', 17818, 30720), ('13800138000', 'calls', 312, 500), ('13800138000', 'messages', 20, 100),
    ('13800138001', 'data', 2048, 10240),  ('13800138001', 'calls', 80, 200),  ('13800138001', 'messages', 0, 50),
    ('13800138002', 'data', 9216, 20480),  ('13800138002', 'calls', 0, 100),   ('13800138002', 'messages', 180, 200),
    ('13800138004', 'data', 10240, 10240), ('13800138004', 'calls', 100, 100),
    ('13800138005', 'data', 512, 10240),   ('13800138005', 'calls', 60, 100),
    ('13800138006', 'data', 61440, 102400), ('13800138006', 'calls', 900, 2000), ('13800138006', 'messages', 5, 200),
    ('13800138008', 'data', 3072, 10240),  ('13800138008', 'messages', 44, 500),
    ('13800138009', 'data', 20000, 20480), ('13800138009', 'calls', 10, 300);

INSERT INTO packs (pack, megabytes, price) VALUES ('10GB', 10240, 2000), ('30GB', 30720, 5000), ('100GB', 102400, 10000);

-- 100000000009 was used before anybody called.
INSERT INTO cards (card, amount, used_by) VALUES
    ('100000000001', 5000, NULL), ('100000000002', 10000, NULL), ('100000000003', 3000, NULL),
    ('100000000004', 5000, NULL), ('100000000009', 5000, '13900139000');

INSERT INTO crews (crew, language, name) VALUES
    ('wang', 'zh-CN', '王师傅'), ('wang', 'en', 'Mr Wang'), ('zhou', 'zh-CN', '周师傅'), ('zhou', 'en', 'Ms Zhou');

INSERT INTO tickets (ticket, number, state, crew, cause, visit) VALUES
    ('R2041', '13800138000', 'assigned',   'wang', 'line',   '14:00'),
    ('R2042', '13800138001', 'received',   NULL,   NULL,     NULL),
    ('R2043', '13800138002', 'on_the_way', 'zhou', 'router', '10:30'),
    ('R2044', '13800138003', 'done',       'wang', 'power',  '09:00'),
    ('R2045', '13800138006', 'done',       'zhou', 'area',   '16:00');

INSERT INTO shops (area, place, language, name, address, opens, closes, phone) VALUES
    ('010',  1, 'zh-CN', '王府井店', '王府井大街88号', '09:00', '20:00', '01065120088'),
    ('010',  1, 'en', 'Wangfujing', '88 Wangfujing Street', '09:00', '20:00', '01065120088'),
    ('010',  2, 'zh-CN', '中关村店', '中关村大街1号', '09:30', '21:00', '01082660001'),
    ('010',  2, 'en', 'Zhongguancun', '1 Zhongguancun Street', '09:30', '21:00', '01082660001'),
    ('021',  1, 'zh-CN', '南京路店', '南京东路300号', '09:00', '21:30', '02163220300'),
    ('021',  1, 'en', 'Nanjing Road', '300 East Nanjing Road', '09:00', '21:30', '02163220300'),
    ('0755', 1, 'zh-CN', '华强北店', '华强北路12号', '10:00', '22:00', '075583980012'),
    ('0755', 1, 'en', 'Huaqiangbei', '12 North Huaqiang Road', '10:00', '22:00', '075583980012');
